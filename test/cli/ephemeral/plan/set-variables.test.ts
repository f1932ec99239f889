import test from 'ava'
import { setVariables } from '../../../../cli/ephemeral/plan/set-variables.ts'

const ENV = [
  { name: 'HOST', value: 'a' },
  { name: 'URL', value: 'http://$(HOST):$(PORT)' },
  { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }
]

test('a variable is changed where it stands', t => {
  t.deepEqual(setVariables(ENV, [{ name: 'HOST', value: 'b' }, { name: 'KEY', value: 'c' }]), [
    { name: 'HOST', value: 'b' }, ENV[1], { name: 'KEY', value: 'c' }
  ])
})

test('a new one comes before what refers to it, or last', t => {
  t.deepEqual(setVariables(ENV, [{ name: 'PORT', value: '1' }, { name: 'OTHER', value: '$(URL)' }]).map(({ name }) => name),
    ['HOST', 'PORT', 'URL', 'KEY', 'OTHER'])
})

test('of two of one name the last counts', t => {
  const twice = [{ name: 'A', value: '1' }, { name: 'A', value: '2' }]
  t.deepEqual(setVariables(twice, []), [{ name: 'A', value: '2' }])
  t.deepEqual(setVariables([], twice), [{ name: 'A', value: '2' }])
})
