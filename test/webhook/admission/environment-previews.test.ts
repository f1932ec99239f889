import test from 'ava'
import { referTo } from '../../../environments/owner.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import { digestPreviewToken, newPreviewToken, previewName, type Preview } from '../../../intercepts/preview.ts'
import { anIntercept, at, bob, HELD, otherKey, someDeps, stored, type World } from './cases.ts'

const COMPANION = 'system:serviceaccount:shop:waylay-env-pr-1'
const WILLING: World = { previews: 'allow', previewDomain: 'preview.example.com', environments: ['pr-1'] }

function aPreview (): Preview {
  const token = newPreviewToken()
  const holder = { namespace: 'shop', intercept: HELD.metadata.name, owner: COMPANION }
  return {
    name: previewName(token), tokenDigest: digestPreviewToken(token, holder), service: 'storefront', port: 80, expiresAt: at(3_600_000)
  }
}

/** Held by the companion of pr-1. */
function held (previews: readonly Preview[], spec: Partial<Intercept['spec']> = {}, metadata: object = {}) {
  const object = anIntercept({ ...HELD.spec, owner: COMPANION, ...spec, previews })
  const ownerReferences = [referTo({ namespace: 'shop', name: 'pr-1', uid: 'u1' })]
  return { ...object, metadata: { ...object.metadata, ownerReferences, ...metadata } }
}

const change = (object: object, oldObject: object = held([])) =>
  ({ operation: 'UPDATE', userInfo: bob, object, oldObject }) as const

test('whoever may update an environment shares what its companion holds', async t => {
  const preview = aPreview()

  const spec = await stored(change(held([preview])), someDeps(WILLING))

  t.deepEqual(spec.previews, [{ ...preview, domain: 'preview.example.com' }])
  t.is(spec.owner, COMPANION)
  t.is(spec.ticket, HELD.spec.ticket)
  t.is(spec.fence, HELD.spec.fence)
})

test('they take such a link away, and share again what has changed', async t => {
  const [one, other] = [aPreview(), aPreview()]

  t.deepEqual((await stored(change(held([]), held([one])), someDeps(WILLING))).previews, [])
  t.is((await stored(change(held([one, other]), held([one])), someDeps(WILLING))).previews?.length, 2)
})

test('whoever may not update that environment shares nothing of it', async t => {
  for (const environments of [[], ['pr-2']]) {
    await t.throwsAsync(stored(change(held([aPreview()])), someDeps({ ...WILLING, environments })), { message: /WAYLAY_CONFLICT/ })
  }
})

test('an owner reference on a developer\'s intercept gives nobody anything', async t => {
  const before = held([], { owner: 'maria' })

  await t.throwsAsync(stored(change(held([aPreview()], { owner: 'maria' }), before), someDeps(WILLING)), { message: /WAYLAY_CONFLICT/ })
})

test('beside the previews nothing of it is theirs to change', async t => {
  const preview = aPreview()
  const wrong = [
    held([preview], { sessionKey: otherKey }), held([preview], { host: 'elsewhere' }),
    held([preview], {}, { ownerReferences: [] }),
    held([preview], {}, { labels: { a: 'b' } }), held([preview], {}, { finalizers: ['a/b'] })
  ]

  for (const object of wrong) {
    await t.throwsAsync(stored(change(object), someDeps(WILLING)), { message: /WAYLAY_CONFLICT/ })
  }
})

test('namespace, gateway and form are asked of them as of every holder', async t => {
  const share = async (world: World, preview = aPreview()) =>
    await stored(change(held([preview])), someDeps({ ...WILLING, ...world }))

  await t.throwsAsync(share({ previews: 'no' }), { message: /WAYLAY_FORBIDDEN/ })
  await t.throwsAsync(share({ previewDomain: undefined }), { message: /WAYLAY_PREVIEW_NO_GATEWAY/ })
  await t.throwsAsync(share({}, { ...aPreview(), expiresAt: at(8 * 86_400_000) }), { message: /WAYLAY_PREVIEW_INVALID/ })
})
