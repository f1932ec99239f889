import test from 'ava'
import { digestPreviewToken } from '../../intercepts/preview.ts'
import { createLinks, type LinksDeps } from '../../preview/links.ts'
import { createTombs } from '../../preview/tombs.ts'
import { aPreview, DOMAIN, MARIAS_ID, mariasIntercept, NOW_MS } from './cases.ts'

function someLinks (deps: Partial<LinksDeps> = {}) {
  return createLinks({
    domain: DOMAIN,
    systemNamespace: 'waylay-system',
    allowsPreviews: name => name === 'shop',
    nowMs: () => NOW_MS,
    newsMs: () => NOW_MS,
    ...deps
  })
}

test('a live link names its Service and the headers of the match', t => {
  const links = someLinks()
  const { token, preview } = aPreview()
  links.put(mariasIntercept([preview]))

  t.like(links.find(token), {
    kind: 'live',
    link: { name: preview.name, namespace: 'shop', service: 'storefront', port: 80, headers: [{ name: 'x-waylay-id', value: MARIAS_ID }] }
  })
  t.is(links.size(), 1)
})

test('what ended says why to whoever has the token', t => {
  const later = () => NOW_MS + 2 * 3_600_000
  const cases = {
    expired: someLinks({ nowMs: later }),
    away: someLinks({ newsMs: () => NOW_MS + 60_000 }),
    withdrawn: someLinks({ allowsPreviews: () => false })
  }
  for (const [kind, links] of Object.entries(cases)) {
    const { token, preview } = aPreview()
    links.put(mariasIntercept([preview]))
    t.deepEqual(links.find(token), { kind } as never)
  }
})

test('a link that is taken away is revoked, and one whose intercept goes has ended', t => {
  const links = someLinks()
  const [one, two] = [aPreview(), aPreview()]
  links.put(mariasIntercept([one.preview, two.preview]))
  links.put(mariasIntercept([two.preview]))
  t.deepEqual(links.find(one.token), { kind: 'revoked' })
  t.is(links.find(two.token).kind, 'live')

  links.remove(mariasIntercept([two.preview]))
  t.deepEqual(links.find(two.token), { kind: 'ended' })
  t.is(links.size(), 0)
})

test('a link that expired and makes room for another has expired, and was taken back by nobody', t => {
  let nowMs = NOW_MS
  const links = someLinks({ nowMs: () => nowMs })
  const [one, two] = [aPreview(), aPreview()]
  links.put(mariasIntercept([one.preview]))
  nowMs += 2 * 3_600_000
  links.put(mariasIntercept([two.preview]))
  t.deepEqual(links.find(one.token), { kind: 'expired' })
})

test('a link does not lead to whoever takes its intercept over, though they keep it', t => {
  const links = someLinks()
  const { token, preview } = aPreview()
  links.put(mariasIntercept([preview]))
  links.put(mariasIntercept([preview], { owner: 'jon', fence: 2 }))
  t.deepEqual(links.find(token), { kind: 'ended' })
})

test('a digest that somebody copies into an intercept of theirs opens nothing', t => {
  const links = someLinks()
  const { token, preview } = aPreview()
  const copy = mariasIntercept([{ ...preview, service: 'trap' }], { owner: 'jon' })
  links.put({ ...copy, metadata: { ...copy.metadata, name: 'beef' } })
  t.deepEqual(links.find(token), { kind: 'unknown' })

  links.put(mariasIntercept([preview]))
  t.like(links.find(token), { kind: 'live', link: { service: 'storefront' } })
})

test('a link whose token somebody else has made a link of leads nowhere, least of all to them', t => {
  let newsMs = NOW_MS
  const links = someLinks({ newsMs: () => newsMs })
  const { token, preview } = aPreview()
  const own = mariasIntercept([preview])
  const trap = mariasIntercept([{
    ...preview, service: 'trap', tokenDigest: digestPreviewToken(token, { namespace: 'shop', intercept: 'beef', owner: 'jon' })
  }], { owner: 'jon' })
  const theirs = { ...trap, metadata: { ...trap.metadata, name: 'beef' } }
  links.put(theirs)
  links.put(own)
  t.deepEqual(links.find(token), { kind: 'unknown' })
  // Renewed alone: maria's machine sleeps.
  newsMs += 60_000
  links.put({ ...theirs, status: { fence: 1, renewTime: new Date(newsMs).toISOString() } })
  t.deepEqual(links.find(token), { kind: 'unknown' })
  links.remove(theirs)
  t.deepEqual(links.find(token), { kind: 'away' })
})

test('a preview of another domain, of waylay itself, or that no webhook saw, opens nothing', t => {
  const cases: readonly (readonly [ReturnType<typeof someLinks>, object])[] = [
    [someLinks({ domain: 'other.example.com' }), {}],
    [someLinks({ systemNamespace: 'shop' }), {}],
    [someLinks(), { owner: undefined }],
    [someLinks(), { match: { headers: [] } }]
  ]
  for (const [links, spec] of cases) {
    const { token, preview } = aPreview()
    links.put(mariasIntercept([preview], spec))
    t.deepEqual(links.find(token), { kind: 'unknown' }, JSON.stringify(spec))
  }
})

test('an end that is no time has ended', t => {
  const links = someLinks()
  const { token, preview } = aPreview({ expiresAt: 'never' })
  links.put(mariasIntercept([preview]))
  t.deepEqual(links.find(token), { kind: 'expired' })
})

test('what ended is remembered in bounds, the oldest forgotten first', t => {
  const tombs = createTombs(2)
  const all = [aPreview(), aPreview(), aPreview()]
  const holder = { namespace: 'shop', intercept: 'c0ffee', owner: 'maria' }
  for (const { preview } of all) tombs.bury({ preview, holder }, 'revoked')
  t.deepEqual(all.map(({ token }) => tombs.find(token)), [undefined, 'revoked', 'revoked'])
})
