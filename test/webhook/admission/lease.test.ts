import { createPublicKey } from 'node:crypto'
import test from 'ava'
import type { Intercept } from '../../../intercepts/object.ts'
import { verifyTicket } from '../../../intercepts/ticket.ts'
import { decideIntercept } from '../../../webhook/admission/decide.ts'
import { MAX_FENCE, nextFence, readFence } from '../../../webhook/admission/fence.ts'
import {
  anIntercept, aRequest, at, bob, heldFor, mariasKey, NOW_MS, otherKey, someDeps, stored, ticketKey, type World
} from './cases.ts'

const LIVE = heldFor({ renewTime: at(-4000) })
const EXPIRED = heldFor({ renewTime: at(-15_001) })

/** Bob writes his own session key over what is stored. */
const takeOver = (oldObject: Intercept) =>
  ({ operation: 'UPDATE', userInfo: bob, object: anIntercept({ sessionKey: otherKey }), oldObject })

const holders: readonly (readonly [name: string, Intercept, isFree: boolean])[] = [
  ['renewed 4 seconds ago', LIVE, false],
  ['renewed 15 seconds ago', EXPIRED, true],
  ['that was never renewed and is an hour old', heldFor(undefined), true],
  ['renewed an hour ahead of now', heldFor({ renewTime: at(3_600_000) }), true],
  ['renewed 5 seconds ahead of now', heldFor({ renewTime: at(5000) }), false],
  ['whose renewal is an earlier holder\'s', heldFor({ renewTime: at(-10), fence: 7 }), true],
  ['whose renewal is of nobody we know', { ...heldFor(undefined), status: { renewTime: at(-10) } }, true],
  ['with a renewal that is no time', heldFor({ renewTime: 'soon' }), true],
  ['acquired a moment ago', anIntercept({ owner: 'maria', fence: NOW_MS - 10 }), false],
  ['with a fence by hand in the far future', heldFor({ renewTime: at(-10) }, { fence: 2 ** 53 }), true]
]
for (const [name, oldObject, isFree] of holders) {
  test(`an intercept ${name} is ${isFree ? 'free for anybody who may create one' : 'its holder\'s'}`, async t => {
    if (isFree) {
      const spec = await stored(takeOver(oldObject))
      t.is(spec.owner, 'bob')
      t.is(verifyTicket(spec.ticket ?? '', createPublicKey(ticketKey), NOW_MS).owner, 'bob')
    } else {
      await t.throwsAsync(stored(takeOver(oldObject)), { message: /403 WAYLAY_CONFLICT: .* held by maria since/ })
    }
  })
  test(`an intercept ${name} can ${isFree ? '' : 'not '}be deleted by others`, async t => {
    const answer = await decideIntercept(aRequest({ operation: 'DELETE', userInfo: bob, oldObject }), someDeps())

    t.is(answer.kind, isFree ? 'allow' : 'refuse')
  })
}

const consents: readonly (readonly [World, RegExp])[] = [
  [{ consent: 'none' }, /403 WAYLAY_FORBIDDEN: .*nobody can intercept in it/],
  [{ consent: 'perhaps' }, /403 WAYLAY_FORBIDDEN/]
]
for (const [world, message] of consents) {
  test(`an expired one is not taken over where the namespace says ${world.consent ?? ''}`, async t => {
    await t.throwsAsync(stored(takeOver(EXPIRED), someDeps(world)), { message })
  })
}

test('a global one that expired needs the rights of a global one', async t => {
  const everything = { match: { headers: [] }, global: true }
  const update = {
    operation: 'UPDATE',
    userInfo: bob,
    object: anIntercept({ ...everything, sessionKey: otherKey }),
    oldObject: heldFor({ renewTime: at(-60_000) }, everything)
  }

  await t.throwsAsync(stored(update, someDeps({ consent: 'all' })), { message: /WAYLAY_GLOBAL_FORBIDDEN.*"global"/ })
  t.is((await stored(update, someDeps({ consent: 'all', verbs: ['global'] }))).owner, 'bob')
})

test('a take-over brings a higher fence and no ticket of before', async t => {
  const spec = await stored(takeOver(EXPIRED))

  t.true((spec.fence ?? 0) > (EXPIRED.spec.fence ?? 0))
  t.is(spec.sessionKey, otherKey)
  t.not(spec.ticket, 'old')
})

test('another process of the owner takes a live one over without the verb', async t => {
  const spec = await stored({ operation: 'UPDATE', object: anIntercept({ sessionKey: otherKey }), oldObject: LIVE })

  t.like(spec, { owner: 'maria', fence: NOW_MS, sessionKey: otherKey })
})

test('an owner who comes back late keeps the fence of an intercept nobody took', async t => {
  const spec = await stored({ operation: 'UPDATE', object: anIntercept(), oldObject: EXPIRED })

  t.like(spec, { owner: 'maria', fence: EXPIRED.spec.fence, sessionKey: mariasKey })
})

test('whoever writes with the holder\'s own key takes nothing over, expired or not', async t => {
  const edit = { operation: 'UPDATE', userInfo: bob, object: anIntercept({ owner: 'bob', ticket: 'x' }), oldObject: EXPIRED }

  t.like(await stored(edit), { owner: 'maria', fence: EXPIRED.spec.fence, ticket: 'old' })
})

const fences: readonly (readonly [before: unknown, next: number])[] = [
  [undefined, NOW_MS],
  [NOW_MS - 1, NOW_MS],
  [NOW_MS, NOW_MS + 1],
  [NOW_MS + 60_000, NOW_MS + 60_001],
  [MAX_FENCE - 1, MAX_FENCE],
  [MAX_FENCE, NOW_MS],
  [Number.MAX_SAFE_INTEGER, NOW_MS],
  [2 ** 53, NOW_MS],
  [1e300, NOW_MS],
  [-1, NOW_MS],
  [1.5, NOW_MS],
  ['7', NOW_MS],
  [null, NOW_MS]
]
for (const [before, next] of fences) {
  test(`after a fence of ${JSON.stringify(before)} comes ${next}, which is safe`, t => {
    const fence = nextFence(readFence(before), NOW_MS)

    t.is(fence, next)
    t.true(Number.isSafeInteger(fence))
  })
}

test('a conflict with an absurd fence by hand is told without a date', async t => {
  const absurd = heldFor({ renewTime: at(-10), fence: 9e15 }, { fence: 9e15 })

  await t.throwsAsync(stored(takeOver(absurd)), { message: /403 WAYLAY_CONFLICT: .* held by maria, and bob lacks/ })
})

for (const [egress, isAllowed, isWarned] of [[undefined, false, false], ['allow', true, false], ['Allow', false, true], ['', false, true], ['deny', false, true]] as const) {
  test(`with the annotation egress ${JSON.stringify(egress)} a ticket is ${isAllowed ? '' : 'not '}for other hosts`, async t => {
    const deps = someDeps(egress === undefined ? {} : { egress })
    const object = anIntercept()
    const answer = await decideIntercept(aRequest({ object }), deps)
    const spec = await stored({ object }, deps)
    const ticket = verifyTicket(spec.ticket ?? '', createPublicKey(ticketKey), NOW_MS)

    t.is(ticket.egress, isAllowed ? true : undefined)
    t.is(answer.kind === 'allow' ? answer.warnings?.length : undefined, isWarned ? 1 : 0)
  })
}

test('a renewal follows the namespace\'s annotation of now', async t => {
  const spec = await stored({ operation: 'UPDATE', object: LIVE, oldObject: LIVE }, someDeps({ egress: 'allow' }))

  t.true(verifyTicket(spec.ticket ?? '', createPublicKey(ticketKey), NOW_MS).egress)
})

test('deleting all at once needs the verb takeover', async t => {
  const all = aRequest({ operation: 'DELETE', userInfo: bob, name: '', oldObject: null })

  t.is((await decideIntercept(all, someDeps())).kind, 'refuse')
  t.is((await decideIntercept(all, someDeps({ verbs: ['takeover'] }))).kind, 'allow')
  t.is((await decideIntercept(all, someDeps({ isTerminating: true }))).kind, 'allow')
})

test('a match whose ticket no proxy would read is refused with its length', async t => {
  const headers = Array.from({ length: 16 }, (_, index) =>
    ({ type: 'Exact', name: `x-${index}`, value: '\u20AC'.repeat(1024) } as const))

  await t.throwsAsync(stored({ object: anIntercept({ match: { headers } }) }), { message: /422 WAYLAY_MATCH_MALFORMED: The match is too long/ })
})

test('the longest match in plain characters fits into a ticket', async t => {
  const headers = Array.from({ length: 16 }, (_, index) =>
    ({ type: 'Exact', name: `${'n'.repeat(250)}${index}`, value: '"'.repeat(1024) } as const))

  await t.notThrowsAsync(stored({ object: anIntercept({ match: { headers } }) }))
})
