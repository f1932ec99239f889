import test from 'ava'
import type { Match } from '../../../intercepts/match.ts'
import type { InterceptSpec } from '../../../intercepts/object.ts'
import { digestPreviewToken, newPreviewToken, previewName, type Preview } from '../../../intercepts/preview.ts'
import { MAX_PREVIEWS } from '../../../intercepts/preview-limits.ts'
import { anIntercept, at, bob, HELD, otherKey, someDeps, stored } from './cases.ts'

const HOUR_MS = 3_600_000
const WILLING = { previews: 'allow', previewDomain: 'preview.example.com' }

function aPreview (parts: Partial<Preview> = {}): Preview {
  const token = newPreviewToken()
  return {
    name: previewName(token),
    tokenDigest: digestPreviewToken(token, { namespace: 'shop', intercept: HELD.metadata.name, owner: 'maria' }),
    service: 'storefront',
    port: 80,
    expiresAt: at(HOUR_MS),
    ...parts
  }
}

const held = (previews: readonly Preview[], spec: Partial<InterceptSpec> = {}) =>
  anIntercept({ ...HELD.spec, ...spec, previews })
const update = (before: readonly Preview[], after: readonly Preview[], spec: Partial<InterceptSpec> = {}) =>
  ({ operation: 'UPDATE', object: held(after, spec), oldObject: held(before) })

test('a new preview gets the domain, whatever its maker wrote there', async t => {
  const preview = aPreview({ domain: 'evil.example.com' })

  const spec = await stored(update([], [preview]), someDeps(WILLING))

  t.deepEqual(spec.previews, [{ ...preview, domain: 'preview.example.com' }])
})

test('an intercept may be made with previews, checked the same', async t => {
  const spec = await stored({ object: anIntercept({ previews: [aPreview()] }) }, someDeps(WILLING))

  t.is(spec.previews?.[0]?.domain, 'preview.example.com')
  await t.throwsAsync(stored({ object: anIntercept({ previews: [aPreview()] }) }, someDeps()), { message: /WAYLAY_FORBIDDEN/ })
})

test('a renewal keeps previews that have expired, in a namespace that allows none any more', async t => {
  const before = [aPreview({ expiresAt: at(-HOUR_MS), domain: 'old.example.com' })]

  const spec = await stored(update(before, before), someDeps())

  t.deepEqual(spec.previews, before)
})

test('the same developer\'s next process keeps the previews', async t => {
  const before = [aPreview({ domain: 'preview.example.com' })]

  const spec = await stored(update(before, before, { sessionKey: otherKey }), someDeps())

  t.deepEqual(spec.previews, before)
})

test('a link is taken back whatever the namespace allows by now', async t => {
  const [kept, revoked] = [aPreview(), aPreview()]
  const deps = someDeps({ consent: 'none' })
  for (const after of [[kept], []]) {
    const spec = await stored(update([kept, revoked], after), deps)
    t.deepEqual([spec.owner, spec.ticket, spec.previews], ['maria', 'old', after])
  }
  await t.throwsAsync(stored(update([kept, revoked], [kept], { port: 8081 }), deps), { message: /403/ }, 'nothing else is')
  await t.throwsAsync(stored(update([kept, revoked], [aPreview()]), deps), { message: /403/ })
  await t.throwsAsync(stored(update([kept, revoked], [{ ...kept, port: 81 }]), deps), { message: /403/ })
})

test('whoever takes an intercept over gets none of its previews, nor may bring some', async t => {
  const before = [aPreview({ domain: 'preview.example.com' })]
  for (const after of [before, [aPreview()]]) {
    const spec = await stored({ ...update(before, after, { sessionKey: otherKey }), userInfo: bob },
      someDeps({ ...WILLING, verbs: ['takeover'] }))
    t.is(spec.owner, 'bob')
    t.is(spec.previews, undefined)
  }
})

test('an administrator takes somebody\'s link away, but adds and changes none', async t => {
  const [kept, revoked] = [aPreview(), aPreview()]
  const deps = someDeps({ ...WILLING, verbs: ['takeover'] })
  const asAdministrator = (after: readonly Preview[]) =>
    stored({ ...update([kept, revoked], after), userInfo: { username: 'root' } }, deps)

  const spec = await asAdministrator([kept])
  t.deepEqual([spec.owner, spec.previews], ['maria', [kept]])
  for (const after of [[kept, revoked, aPreview()], [{ ...kept, port: 81 }]]) {
    await t.throwsAsync(asAdministrator(after), { message: /403 WAYLAY_CONFLICT: The preview p-\w+ is on an intercept that maria holds/ })
  }
})

test('who may not take over may not revoke either', async t => {
  const before = [aPreview()]
  await t.throwsAsync(stored({ ...update(before, []), userInfo: bob }, someDeps(WILLING)), { message: /403 WAYLAY_CONFLICT: .*held by maria/ })
})

const double = aPreview()
const refused: Record<string, readonly [previews: readonly Preview[], message: RegExp]> = {
  'that has ended': [[aPreview({ expiresAt: at(-1) })], /422 WAYLAY_PREVIEW_INVALID: .*no end that is yet to come/],
  'whose end is no time': [[aPreview({ expiresAt: 'soon' })], /422 WAYLAY_PREVIEW_INVALID/],
  'for longer than a week': [[aPreview({ expiresAt: at(8 * 24 * HOUR_MS) })], /longer than 7 days/],
  'under a name that is none': [[aPreview({ name: 'www' })], /name is "www"/],
  'with a token instead of its digest': [[aPreview({ tokenDigest: newPreviewToken() })], /is no SHA-256/],
  'of a host instead of a Service': [[aPreview({ service: 'evil.example.com' })], /is of no Service/],
  'of a port beyond the last': [[aPreview({ port: 65536 })], /port of preview/],
  twice: [[double, double], /Two previews have one name/],
  'as one too many': [Array.from({ length: MAX_PREVIEWS + 1 }, () => aPreview()), /17 previews, at most 16/]
}

for (const [what, [previews, message]] of Object.entries(refused)) {
  test(`a preview ${what} is refused`, async t => {
    await t.throwsAsync(stored(update([], previews), someDeps(WILLING)), { message })
  })
}

test('a namespace must say that its previews may be shared, in the one word', async t => {
  const { previewDomain } = WILLING
  for (const world of [{ previewDomain }, { previewDomain, previews: 'yes' }, { previewDomain, previews: 'Allow' }]) {
    await t.throwsAsync(stored(update([], [aPreview()]), someDeps(world)),
      { message: /403 WAYLAY_FORBIDDEN: The namespace shop .*kubectl annotate namespace shop waylay\.dev\/previews=allow/ })
  }
})

test('without a gateway nothing can be shared', async t => {
  await t.throwsAsync(stored(update([], [aPreview()]), someDeps({ previews: 'allow' })), { message: /WAYLAY_PREVIEW_NO_GATEWAY/ })
})

test('a match that no gateway can make true has no previews', async t => {
  const match: Match = { headers: [{ type: 'Exact', name: 'cookie', value: 'user=maria-3fk27d4a' }] }
  const object = anIntercept({ match, previews: [aPreview()] })
  await t.throwsAsync(stored({ object }, someDeps(WILLING)), { message: /422 WAYLAY_PREVIEW_UNFIT: .*cookie/ })
})
