import test from 'ava'
import { WaylayError } from '../../../../common/errors.ts'
import { InterceptLife, type LifeDeps } from '../../../../cli/intercept/object/life.ts'
import type { Intercept } from '../../../../intercepts/object.ts'
import { ManualClock, settle } from '../../helpers/manual-clock.ts'

const MINUTE_MS = 60_000

function makeObject (changes: Partial<Intercept['spec']> = {}): Intercept {
  return {
    apiVersion: 'waylay.dev/v1alpha1',
    kind: 'Intercept',
    metadata: { name: 'abc', namespace: 'shop', uid: 'u1', resourceVersion: '1' },
    spec: {
      workload: 'deployment/payments',
      port: 8080,
      match: { headers: [] },
      global: true,
      sessionKey: 'ours',
      owner: 'maria',
      fence: 1,
      ticket: 't1',
      ...changes
    }
  }
}

const unreachable = new WaylayError('WAYLAY_NO_CLUSTER', 'Cannot reach the cluster')

/** A life whose cluster is one object that the test changes. */
function startLife () {
  const clock = new ManualClock()
  const world = {
    /** What is stored; undefined: nothing. */
    stored: makeObject() as Intercept | undefined,
    isDown: false,
    /** What writing the status meets, while the object can be read. */
    renewError: undefined as WaylayError | undefined,
    /** The webhook does not answer. */
    noTickets: false,
    /** What making it ours again meets. */
    holdError: undefined as WaylayError | undefined,
    calls: [] as string[],
    tickets: 0,
    ends: [] as WaylayError[],
    notes: [] as string[]
  }
  const ask = (call: string): void => {
    world.calls.push(call)
    if (world.isDown) throw unreachable
  }
  const deps: LifeDeps = {
    renew: async held => {
      ask('renew')
      if (world.renewError !== undefined) throw world.renewError
      if (world.stored === undefined) return 'gone'
      return world.stored.spec.fence === held.spec.fence ? world.stored : 'lost'
    },
    read: async () => {
      ask('read')
      return world.stored
    },
    update: async held => {
      ask('update')
      if (world.noTickets) throw new WaylayError('WAYLAY_INSTALL_FAILED', 'waylay\'s webhook does not answer')
      if (world.stored === undefined) return 'gone'
      if (world.stored.metadata.resourceVersion !== held.metadata.resourceVersion) return 'changed'
      world.stored = makeObject({ ticket: `${held.spec.ticket ?? ''}+` })
      return world.stored
    },
    hold: async () => {
      ask('hold')
      if (world.holdError !== undefined) throw world.holdError
      world.stored = makeObject({ fence: 2, ticket: 't2' })
      return world.stored
    },
    clock,
    random: () => 0.5,
    onTicket: () => { world.tickets++ },
    onEnd: error => { world.ends.push(error) },
    onNote: line => { world.notes.push(line) }
  }
  return { clock, world, life: new InterceptLife(deps, makeObject()) }
}

test('the status is renewed every five seconds and nothing else is asked', async t => {
  const { clock, world } = startLife()

  await clock.pass(60_000)

  t.is(world.calls.filter(call => call === 'renew').length, 12)
  t.deepEqual([...new Set(world.calls)], ['renew'])
})

test('renewals that fail for an hour end nothing and are said once', async t => {
  const { clock, world, life } = startLife()
  world.isDown = true

  await clock.pass(60 * MINUTE_MS)

  t.deepEqual(world.ends, [])
  t.is(world.notes.filter(line => line.includes('cannot be renewed')).length, 1)
  world.isDown = false
  await clock.pass(10_000)
  t.false(life.isOver)
  t.regex(await life.ticket(), /^t1/)
})

test('a missing right to renew is said at once, and once', async t => {
  const { clock, world } = startLife()
  world.renewError = new WaylayError('WAYLAY_FORBIDDEN', 'You may not', { hint: 'Ask for it.' })
  await clock.pass(2000)
  t.deepEqual(world.notes, ['Warning: the intercept cannot be renewed, so others may take it: You may not. Ask for it.'])
  await clock.pass(MINUTE_MS)
  t.is(world.notes.length, 1)
})

test('a status that cannot be written is told after 15 seconds, though the object can be read', async t => {
  const { clock, world } = startLife()
  world.renewError = unreachable
  await clock.pass(10_000)
  t.deepEqual(world.notes, [])
  await clock.pass(15_000)
  t.is(world.notes.length, 1)
})

test('after twenty minutes the same object brings a new ticket', async t => {
  const { clock, world, life } = startLife()

  await clock.pass(18 * MINUTE_MS)
  t.is(world.tickets, 0)
  await clock.pass(2 * MINUTE_MS)

  t.is(world.tickets, 1)
  t.is(await life.ticket(), 't1+')
})

test('a ticket that cannot be renewed is asked for again', async t => {
  const { clock, world } = startLife()
  world.noTickets = true
  await clock.pass(24 * MINUTE_MS)
  t.is(world.tickets, 0)
  world.noTickets = false

  await clock.pass(MINUTE_MS)

  t.is(world.tickets, 1)
  t.is(world.notes.filter(line => line.includes('ticket cannot be renewed')).length, 1)
})

test('an object that somebody edited is read before its next ticket', async t => {
  const { clock, world } = startLife()
  world.stored = { ...makeObject(), metadata: { name: 'abc', namespace: 'shop', uid: 'u1', resourceVersion: '9' } }

  await clock.pass(21 * MINUTE_MS)

  t.is(world.tickets, 1)
  t.deepEqual(world.ends, [])
})

test('a deletion that a watch sees ends it as a conflict', async t => {
  const { world, life } = startLife()
  world.stored = undefined

  life.seen(undefined)
  await settle()

  t.is(world.ends.length, 1)
  t.is(world.ends[0]?.code, 'WAYLAY_CONFLICT')
  t.regex(world.ends[0]?.message ?? '', /was ended from outside: somebody deleted it/)
  t.true(life.isLost)
})

test('old news of a watch ends nothing while the object is ours', async t => {
  const { world, life } = startLife()

  life.seen(undefined)
  life.seen(makeObject({ sessionKey: 'theirs', owner: 'jon' }))
  await settle()

  t.deepEqual(world.ends, [])
})

test('a take-over names its new owner and machine', async t => {
  const { world, life } = startLife()
  world.stored = makeObject({ sessionKey: 'theirs', owner: 'jon', host: 'jons-laptop', fence: 5 })

  life.seen(world.stored)
  await settle()

  t.regex(world.ends[0]?.message ?? '', /was taken over by jon on jons-laptop$/)
})

test('a take-over that the watch missed is found by the next renewal', async t => {
  const { clock, world } = startLife()
  world.stored = makeObject({ sessionKey: 'theirs', owner: 'jon', fence: 5 })

  await clock.pass(6000)

  t.is(world.ends.length, 1)
  t.regex(world.ends[0]?.message ?? '', /taken over by jon/)
})

test('after a sleep the object is read before its ticket is used', async t => {
  const { clock, world, life } = startLife()
  clock.sleep(MINUTE_MS)

  const ticket = await life.ticket()

  t.is(ticket, 't1')
  t.is(world.calls[0], 'read')
})

test('without a sleep the ticket is there without asking', async t => {
  const { world, life } = startLife()

  t.is(await life.ticket(), 't1')
  t.deepEqual(world.calls, [])
})

test('an object that went away while asleep is made anew', async t => {
  const { clock, world, life } = startLife()
  clock.sleep(60 * MINUTE_MS)
  world.stored = undefined

  t.is(await life.ticket(), 't2')
  t.is(world.tickets, 1)
  t.regex(world.notes.join('\n'), /had expired, and stands again/)
  t.deepEqual(world.ends, [])
})

test('a watch that tells of the sweep after a sleep ends nothing', async t => {
  const { clock, world, life } = startLife()
  clock.sleep(5 * MINUTE_MS)
  world.stored = undefined

  life.seen(undefined)
  await settle()

  t.deepEqual(world.ends, [])
  t.is(await life.ticket(), 't2')
})

test('what somebody else holds after the sleep ends it as a conflict', async t => {
  const { clock, world, life } = startLife()
  clock.sleep(5 * MINUTE_MS)
  world.stored = makeObject({ sessionKey: 'theirs', owner: 'jon', fence: 5 })
  world.holdError = new WaylayError('WAYLAY_CONFLICT', 'deployment/payments port 8080 is held by jon')

  await t.throwsAsync(life.ticket(), { code: 'WAYLAY_CONFLICT' })

  t.is(world.ends[0]?.code, 'WAYLAY_CONFLICT')
})

test('a cluster that is away after the sleep is waited for', async t => {
  const { clock, world, life } = startLife()
  clock.sleep(5 * MINUTE_MS)
  world.isDown = true
  const ticket = life.ticket()
  await clock.pass(30_000)
  world.isDown = false

  await clock.pass(6000)

  t.is(await ticket, 't1')
  t.deepEqual(world.ends, [])
})

test('a ticket that ended while asleep is renewed before it is used', async t => {
  const { clock, life } = startLife()
  clock.sleep(59 * MINUTE_MS)

  t.is(await life.ticket(), 't1+')
})

test('a clock that is set an hour back makes nothing immortal or stale', async t => {
  const { clock, world, life } = startLife()
  clock.setWall(-60 * MINUTE_MS)

  t.is(await life.ticket(), 't1')
  t.deepEqual(world.calls, [])
  world.isDown = true
  await clock.pass(16_000)
  world.isDown = false
  world.calls.length = 0
  await clock.pass(5000)
  t.is(world.calls[0], 'read')
  t.is(await life.ticket(), 't1')
})

test('a stopped life asks for nothing any more and holds no timer', async t => {
  const { clock, world, life } = startLife()

  life.stop()
  await clock.pass(60_000)

  t.deepEqual(world.calls, [])
  t.is(clock.pending, 0)
  t.false(life.isLost)
})
