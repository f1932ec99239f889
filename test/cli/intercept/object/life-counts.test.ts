import test from 'ava'
import { WaylayError } from '../../../../common/errors.ts'
import { InterceptLife } from '../../../../cli/intercept/object/life.ts'
import { newIntercept } from '../../../../intercepts/object.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const MINUTE_MS = 60_000

/** A life whose object nobody touches, and how often its status was written. */
function startLife () {
  const clock = new ManualClock()
  const world = { writes: 0, isDown: false }
  const object = newIntercept('shop', 'abc', {
    workload: 'deployment/payments', port: 8080, match: { headers: [] }, global: true, sessionKey: 'ours', fence: 1, ticket: 't1'
  })
  const life = new InterceptLife({
    renew: async () => {
      world.writes++
      if (world.isDown) throw new WaylayError('WAYLAY_NO_CLUSTER', 'Cannot reach the cluster')
      return object
    },
    read: async () => object,
    update: async () => object,
    hold: async () => object,
    clock,
    random: () => 0.5,
    onTicket: () => {},
    onEnd: () => {},
    onNote: () => {}
  }, object)
  return { clock, world, life }
}

test('a change of the counts is written within a second', async t => {
  const { life, clock, world } = startLife()
  await clock.pass(6100)
  const before = world.writes
  life.changed()
  await clock.pass(1000)
  t.is(world.writes, before + 1)
})

test('under load the status is written once a second, idle every five', async t => {
  const { life, clock, world } = startLife()
  for (let tenths = 0; tenths < 600; tenths++) {
    life.changed()
    await clock.pass(100)
  }
  t.is(world.writes, 60)
  // What came last.
  await clock.pass(1000)
  const busy = world.writes
  await clock.pass(MINUTE_MS)
  t.is(world.writes - busy, 12)
})

test('counts that cannot be written are not tried every second', async t => {
  const { life, clock, world } = startLife()
  world.isDown = true
  life.changed()
  await clock.pass(MINUTE_MS)
  t.is(world.writes, 12)
})

test('what is not written yet is written before the end', async t => {
  const { life, world } = startLife()
  await life.flush()
  t.is(world.writes, 0)
  life.changed()
  await life.flush()
  t.is(world.writes, 1)
})
