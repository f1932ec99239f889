import test from 'ava'
import { newRoutingValue, userLabel } from '../../intercepts/label.ts'
import { MIN_PERSONAL_VALUE_LENGTH } from '../../common/contract.ts'

const labels: Record<string, string> = {
  maria: 'maria',
  'maria@example.com': 'maria',
  'arn:aws:iam::123456789012:user/maria': 'maria',
  'system:serviceaccount:ci:runner': 'runner',
  'CORP\\Maria.Lopez': 'maria.lopez',
  'oidc:maria@example.com': 'maria',
  'https://issuer.example/maria': 'maria',
  'an-extremely-long-user-name': 'an-extremely-long-us',
  'María José': 'mar-a-jos',
  '--maria--': 'maria',
  '@example.com': 'developer',
  '': 'developer',
  '///': 'developer',
  日本語: 'developer'
}
for (const [user, label] of Object.entries(labels)) {
  test(`the user "${user}" is labelled ${label}`, t => {
    t.is(userLabel(user), label)
  })
}

test('a routing value is label and eight characters of base32', t => {
  t.regex(newRoutingValue('maria'), /^maria-[a-z2-7]{8}$/)
})

test('a routing value is always long enough to be personal', t => {
  t.true(newRoutingValue('').length >= MIN_PERSONAL_VALUE_LENGTH)
})

test('two routing values of one user differ', t => {
  t.not(newRoutingValue('maria'), newRoutingValue('maria'))
})
