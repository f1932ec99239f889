import test from 'ava'
import { caBundlePatch } from '../../webhook/ca-bundle.ts'

test('only webhooks with another authority are patched, each checked by name', t => {
  const patch = caBundlePatch([
    { name: 'a', clientConfig: {} }, { name: 'b', clientConfig: { caBundle: 'ours' } }, { name: 'c', clientConfig: { caBundle: '' } }
  ], 'ours')

  t.deepEqual(patch, [
    { op: 'test', path: '/webhooks/0/name', value: 'a' },
    { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: 'ours' },
    { op: 'test', path: '/webhooks/2/name', value: 'c' },
    { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value: 'ours' }
  ])
})

test('a configuration that trusts us already is left alone', t => {
  t.deepEqual(caBundlePatch([{ name: 'a', clientConfig: { caBundle: 'ours' } }], 'ours'), [])
})
