import { createPublicKey } from 'node:crypto'
import test from 'ava'
import { VERSION } from '../../../common/version.ts'
import type { Match } from '../../../intercepts/match.ts'
import { verifyTicket } from '../../../intercepts/ticket.ts'
import { decideIntercept } from '../../../webhook/admission/decide.ts'
import type { AdmissionRequest } from '../../../webhook/review.ts'
import {
  anIntercept, aRequest, bob, HELD, mariasKey, NOW_MS, oneHeader, otherKey, PERSONAL, someDeps, stored, ticketKey,
  type World
} from './cases.ts'

test('a new intercept is stamped with owner, fence and a ticket for its session key', async t => {
  const spec = await stored({ object: anIntercept() })

  t.like(spec, { owner: 'maria', fence: NOW_MS })
  t.deepEqual(verifyTicket(spec.ticket ?? '', createPublicKey(ticketKey), NOW_MS), {
    intercept: HELD.metadata.name,
    namespace: 'shop',
    workload: 'deployment/payments',
    port: 8080,
    match: PERSONAL,
    owner: 'maria',
    sessionKey: mariasKey,
    fence: NOW_MS,
    notAfter: NOW_MS + 3_600_000,
    version: VERSION
  })
})

test('stamps that a client sends are overwritten', async t => {
  const spec = await stored({ object: anIntercept({ owner: 'admin', fence: 9e15, ticket: 'forged' }) })

  t.like(spec, { owner: 'maria', fence: NOW_MS })
  t.not(spec.ticket, 'forged')
})

const MIXED: Match = { headers: [{ type: 'Exact', name: 'X-Waylay-ID', value: 'maria-3fk27d4a' }] }
test('a header name in any case makes the same intercept', async t => {
  const spec = await stored({ object: anIntercept({ match: MIXED }, HELD.metadata.name) })

  t.deepEqual(verifyTicket(spec.ticket ?? '', createPublicKey(ticketKey), NOW_MS).match, PERSONAL)
})

const PATH_ONLY: Match = { headers: [], path: { type: 'PathPrefix', value: '/api' } }
const malformed: Record<string, readonly [object: unknown, message: RegExp]> = {
  'another name than its hash': [anIntercept({}, 'mine'), /422 WAYLAY_INTERCEPT_INVALID: metadata.name is "mine"/],
  'no name': [{ spec: HELD.spec }, /422 WAYLAY_INTERCEPT_INVALID: metadata.name is missing/],
  'no spec': [{ metadata: HELD.metadata }, /422 WAYLAY_INTERCEPT_INVALID: spec.workload is missing/],
  'a workload without a kind': [anIntercept({ workload: 'payments' }), /spec.workload is "payments"/],
  'a port beyond the last': [anIntercept({ port: 65536 }), /spec.port is 65536/],
  'a condition but the global flag': [anIntercept({ global: true }), /spec.global is true, not false/],
  'no condition and no global flag': [anIntercept({ match: { headers: [] } }), /spec.global is false, not true/],
  'a session key that is none': [anIntercept({ sessionKey: 'abc' }), /spec.sessionKey is "abc"/],
  'a path that is none': [anIntercept({ match: { headers: [], path: { type: 'Exact', value: 'api' } } }, 'x'),
    /422 WAYLAY_MATCH_MALFORMED: .*"api".*does not begin/],
  'a path but the global flag': [anIntercept({ match: PATH_ONLY, global: true }), /spec.global is true, not false.*path under \/api/],
  'a method in lower case': [anIntercept({ match: { headers: [], methods: ['get'] } }, 'x'), /422 WAYLAY_MATCH_MALFORMED: .*"get"/],
  'too long a pattern': [anIntercept({ match: { headers: [{ type: 'Glob', name: 'a', value: '*b'.repeat(600) }] } }, 'x'),
    /422 WAYLAY_HEADER_MALFORMED: .*1200 characters, at most 1024/],
  'a condition that nobody knows': [anIntercept({ match: { ...PERSONAL, cookies: [] } as Match }), /422 WAYLAY_MATCH_MALFORMED: .*"cookies"/],
  'a control character in a value': [anIntercept({ match: oneHeader('a\u0000bcdefgh') }), /422 WAYLAY_HEADER_MALFORMED/]
}
for (const [name, [object, message]] of Object.entries(malformed)) {
  test(`an intercept with ${name} is refused with its reason`, async t => {
    await t.throwsAsync(stored({ object }), { message })
  })
}

const GLOBAL = anIntercept({ match: { headers: [] }, global: true })
const SHORT = anIntercept({ match: oneHeader('short') })
const PATTERN: Match = { headers: [{ type: 'Glob', name: 'x-waylay-id', value: 'maria-3fk2*' }] }
const consents: readonly (readonly [string, object, World, RegExp | undefined])[] = [
  ['a personal one with the default consent', anIntercept(), {}, undefined],
  ['a personal one under "all"', anIntercept(), { consent: 'all' }, undefined],
  ['a personal one under "none"', anIntercept(), { consent: 'none' }, /403 WAYLAY_FORBIDDEN/],
  ['a personal one under a misspelt consent', anIntercept(), { consent: 'al' }, /403 WAYLAY_FORBIDDEN.*: al,/],
  ['a global one with verb and consent', GLOBAL, { consent: 'all', verbs: ['global'] }, undefined],
  ['a global one with the verb but no consent', GLOBAL, { verbs: ['global'] }, /403 WAYLAY_GLOBAL_FORBIDDEN.*annotate/],
  ['a global one with consent but no verb', GLOBAL, { consent: 'all', verbs: ['takeover'] }, /403 WAYLAY_GLOBAL_FORBIDDEN.*"global"/],
  ['a global one under "none" with the verb', GLOBAL, { consent: 'none', verbs: ['global'] }, /403 WAYLAY_FORBIDDEN/],
  ['a path and a method with a personal header', anIntercept({ match: { ...PERSONAL, ...PATH_ONLY, headers: PERSONAL.headers } }), {}, undefined],
  ['a path alone without rights', anIntercept({ match: PATH_ONLY }), {}, /403 WAYLAY_GLOBAL_FORBIDDEN: .*path under \/api/],
  ['a path alone with consent but no verb', anIntercept({ match: PATH_ONLY }), { consent: 'all' }, /403 WAYLAY_GLOBAL_FORBIDDEN.*"global"/],
  ['a path alone with verb and consent', anIntercept({ match: PATH_ONLY }), { consent: 'all', verbs: ['global'] }, undefined],
  ['a method alone without rights', anIntercept({ match: { headers: [], methods: ['POST'] } }), {}, /403 WAYLAY_GLOBAL_FORBIDDEN/],
  ['a long pattern without rights', anIntercept({ match: PATTERN }), {}, /403 WAYLAY_GLOBAL_FORBIDDEN/],
  ['a short value without rights', SHORT, {}, /403 WAYLAY_GLOBAL_FORBIDDEN/],
  ['a short value with verb and consent', SHORT, { consent: 'all', verbs: ['global'] }, undefined]
]
for (const [name, object, parts, refusal] of consents) {
  test(`${name} is ${refusal === undefined ? 'allowed' : 'refused'}`, async t => {
    if (refusal === undefined) await t.notThrowsAsync(stored({ object }, someDeps(parts)))
    else await t.throwsAsync(stored({ object }, someDeps(parts)), { message: refusal })
  })
}

test('the owner\'s update brings a new ticket with the same fence', async t => {
  const spec = await stored({ operation: 'UPDATE', object: HELD, oldObject: HELD })

  t.is(spec.fence, HELD.spec.fence)
  t.is(verifyTicket(spec.ticket ?? '', createPublicKey(ticketKey), NOW_MS).notAfter, NOW_MS + 3_600_000)
})

test('another process of the owner gets a higher fence', async t => {
  const spec = await stored({ operation: 'UPDATE', object: anIntercept({ sessionKey: otherKey }), oldObject: HELD })

  t.is(spec.fence, NOW_MS)
})

test('a fence never goes back although the clock does', async t => {
  const ahead = anIntercept({ owner: 'maria', fence: NOW_MS + 5000, ticket: 'old' })

  const spec = await stored({ operation: 'UPDATE', object: anIntercept({ sessionKey: otherKey }), oldObject: ahead })

  t.is(spec.fence, NOW_MS + 5001)
})

test('workload, port and match stay as they are in an update', async t => {
  const changed = anIntercept({ port: 9090 }, HELD.metadata.name)

  await t.throwsAsync(stored({ operation: 'UPDATE', object: changed, oldObject: HELD }), { message: /422.*they cannot change/ })
})

test('another\'s update is refused and told who holds it since when', async t => {
  const update = { operation: 'UPDATE', userInfo: bob, object: anIntercept({ sessionKey: otherKey }), oldObject: HELD }

  await t.throwsAsync(stored(update), { message: /403 WAYLAY_CONFLICT: .* held by maria since 2025-12-31T23:59:59.*\. Ask maria to end it, or an administrator/ })
})

test('with the verb takeover another\'s update takes the intercept over', async t => {
  const update = { operation: 'UPDATE', userInfo: bob, object: anIntercept({ sessionKey: otherKey }), oldObject: HELD }

  t.like(await stored(update, someDeps({ verbs: ['takeover'] })), { owner: 'bob', fence: NOW_MS })
})

test('an administrator who edits a label takes nothing over', async t => {
  const update = { operation: 'UPDATE', userInfo: bob, object: anIntercept({ owner: 'bob', ticket: 'x' }), oldObject: HELD }

  t.like(await stored(update, someDeps({ verbs: ['takeover'] })), { owner: 'maria', fence: NOW_MS - 1000, ticket: 'old' })
})

test('a renewal is refused once the namespace says none', async t => {
  const update = { operation: 'UPDATE', object: HELD, oldObject: HELD }

  await t.throwsAsync(stored(update, someDeps({ consent: 'none' })), { message: /WAYLAY_FORBIDDEN/ })
})

test('a controller may edit what is not the spec', async t => {
  const userInfo = { username: 'system:serviceaccount:kube-system:x', groups: ['system:serviceaccounts:kube-system'] }

  t.deepEqual(await decideIntercept(aRequest({ operation: 'UPDATE', userInfo, object: HELD, oldObject: HELD }), someDeps()),
    { kind: 'allow' })
})

const COLLECTOR = { username: 'system:serviceaccount:kube-system:gc', groups: ['system:serviceaccounts:kube-system'] }
const deletions: readonly (readonly [string, Partial<AdmissionRequest>, World, boolean])[] = [
  ['its owner', {}, {}, true],
  ['somebody else', { userInfo: bob }, {}, false],
  ['somebody with the verb takeover', { userInfo: bob }, { verbs: ['takeover'] }, true],
  ['somebody in a namespace that is being deleted', { userInfo: bob }, { isTerminating: true }, true],
  ['the garbage collector', { userInfo: COLLECTOR }, {}, true],
  ['the controller manager without accounts', { userInfo: { username: 'system:kube-controller-manager' } }, {}, true],
  ['anybody where nobody holds it', { userInfo: bob, oldObject: anIntercept() }, {}, true]
]
for (const [name, request, parts, isAllowed] of deletions) {
  test(`a deletion by ${name} is ${isAllowed ? 'allowed' : 'refused'}`, async t => {
    const answer = await decideIntercept(aRequest({ operation: 'DELETE', oldObject: HELD, ...request }), someDeps(parts))

    t.is(answer.kind, isAllowed ? 'allow' : 'refuse')
  })
}
