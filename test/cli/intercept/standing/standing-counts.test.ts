import test from 'ava'
import { StandingIntercept, type StandingDeps } from '../../../../cli/intercept/standing/standing-intercept.ts'
import type { PodIntercept } from '../../../../cli/intercept/session/pod-intercept.ts'
import { newIntercept, type Intercept } from '../../../../intercepts/object.ts'
import type { Wish } from '../../../../cli/intercept/standing/wish.ts'
import { ManualClock, settle } from '../../helpers/manual-clock.ts'

const POD = {
  metadata: {
    name: 'payments-1',
    namespace: 'shop',
    uid: 'u1',
    annotations: { 'waylay.dev/status': JSON.stringify({ version: '0.1.0', mode: 'iptables', workload: 'deployment/payments', ports: [] }) }
  },
  status: { phase: 'Running', initContainerStatuses: [{ name: 'waylay-proxy', state: { running: {} } }] }
}

test('the status of an intercept that stands again counts from then on', async t => {
  const clock = new ManualClock()
  const wanted = newIntercept('shop', 'abc', {
    workload: 'deployment/payments', port: 8080, match: { headers: [] }, global: true, sessionKey: 'ours', ticket: 't1', fence: 1
  })
  const world = { stored: wanted as Intercept | undefined, written: [] as number[] }
  let pod: PodIntercept | undefined
  const deps = {
    api: {
      renew: async (object: Intercept, { requests }: { readonly requests: number }) => {
        if (world.stored === undefined) return 'gone'
        world.written.push(requests)
        return object
      },
      read: async () => world.stored,
      update: async (object: Intercept) => object,
      release: async () => {}
    },
    pool: { join: (_: unknown, joined: PodIntercept) => { pod = joined }, leave: async () => {}, renew: () => {} },
    clock,
    report: { pods: () => {}, request: () => {}, note: () => {} },
    hostName: 'marias-laptop',
    random: () => 0.5,
    onEnded: () => { t.fail() }
  } as unknown as StandingDeps
  const wish = { place: { workload: { id: 'deployment/payments', namespace: 'shop', podQuery: '' }, pods: [POD], port: {} }, match: wanted.spec.match } as unknown as Wish
  const hold = async (isFirst: boolean): Promise<Intercept> => {
    world.stored = { ...wanted, spec: { ...wanted.spec, fence: isFirst ? 1 : 2, ticket: isFirst ? 't1' : 't2' } }
    return world.stored
  }
  const standing = new StandingIntercept({ wish, wanted, hold }, deps)
  await settle()
  const divert = (times: number) => { for (let time = 0; time < times; time++) pod?.onEvent({ event: 'request' } as Parameters<PodIntercept['onEvent']>[0]) }

  divert(7)
  await clock.pass(2000)
  t.is(world.written.at(-1), 7)
  clock.sleep(60_000)
  world.stored = undefined
  await clock.pass(6000)
  t.like(world.stored, { spec: { fence: 2 } })
  t.is(world.written.at(-1), 0)
  divert(2)
  await clock.pass(2000)
  t.is(world.written.at(-1), 2)
  t.is(standing.requests, 9)
  await standing.stop()
})
