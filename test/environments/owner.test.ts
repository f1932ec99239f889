import test from 'ava'
import { readCompanion, referTo } from '../../environments/owner.ts'

test('a companion reads whose intercepts it holds, and refuses all else', t => {
  const uid = '0f6b3c1e-9a52-4f0e-8a3d-0a7c1b2d3e4f'
  const owner = readCompanion(`shop/pr-123/${uid}`)

  t.deepEqual(owner, { namespace: 'shop', name: 'pr-123', uid })
  t.deepEqual(referTo(owner), {
    apiVersion: 'waylay.dev/v1alpha1', kind: 'Environment', name: 'pr-123', uid, controller: false
  })
  for (const text of ['', 'shop', 'shop/pr-123', `shop/pr-123/${uid}/`, `Shop/pr-123/${uid}`, `shop/1/${uid}`, 'shop/pr-1/x y']) {
    t.throws(() => readCompanion(text), { code: 'WAYLAY_USAGE' }, text)
  }
})
