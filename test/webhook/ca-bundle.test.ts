import test from 'ava'
import { caBundlePatch, commonAuthorities } from '../../webhook/ca-bundle.ts'
import { makeAuthority } from '../../webhook/certificates/x509.ts'

const [A, B] = await Promise.all([makeAuthority(Date.now()), makeAuthority(Date.now())])
  .then(pairs => pairs.map(({ certificate }) => `${certificate.trim()}\n`)) as [string, string]

function webhook (name: string, ...certificates: readonly string[]) {
  return { name, clientConfig: { caBundle: Buffer.from(certificates.join('')).toString('base64') } }
}

test('only webhooks that trust others are patched, in the version that was read', t => {
  const webhooks = [{ name: 'a', clientConfig: {} }, webhook('b', A), webhook('c', A, B)]

  t.deepEqual(caBundlePatch(webhooks, [A], '7'), [
    { op: 'test', path: '/metadata/resourceVersion', value: '7' },
    { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: Buffer.from(A).toString('base64') },
    { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value: Buffer.from(A).toString('base64') }
  ])
})

test('a configuration that trusts the same in another order is left alone', t => {
  t.deepEqual(caBundlePatch([webhook('a', A, B), webhook('b', B, A, A)], [A, B], '7'), [])
})

test('trusted is who every webhook of the configuration trusts', t => {
  t.deepEqual(commonAuthorities([webhook('a', A, B), webhook('b', B)]), [B])
  t.deepEqual(commonAuthorities([webhook('a', A), { name: 'b', clientConfig: { caBundle: 'bm90aGluZw==' } }]), [])
  t.deepEqual(commonAuthorities([]), [])
})
