import test from 'ava'
import { Tally } from '../../../cli/ci/test/tally.ts'
import { newIntercept, type Intercept } from '../../../intercepts/object.ts'

type Holder = { readonly fence?: number, readonly uid?: string, readonly statusFence?: number }

function seen (requests: number | undefined, holder: Holder = {}): Intercept {
  const { fence = 1, uid = 'u1', statusFence = fence } = holder
  const object = newIntercept('shop', 'abc', {
    workload: 'deployment/payments', port: 8080, match: { headers: [] }, global: true, sessionKey: 'key', fence
  })
  return {
    ...object,
    metadata: { ...object.metadata, uid },
    ...(requests !== undefined && { status: { requests, fence: statusFence } })
  }
}

function tallyOf (...looks: readonly (Intercept | undefined)[]): number {
  const tally = new Tally()
  for (const look of looks) tally.see(look)
  return tally.requests
}

test('what was diverted before the first look is not counted', t => {
  t.is(tallyOf(seen(7), seen(7), seen(9)), 2)
  t.is(tallyOf(seen(undefined), seen(2)), 2)
})

test('old news that comes late takes nothing away', t => {
  t.is(tallyOf(seen(0), seen(5), seen(3)), 5)
})

test('a holder that restarts counts from nothing, and both are added', t => {
  t.is(tallyOf(seen(7), seen(9), seen(0, { fence: 2 }), seen(4, { fence: 2 })), 6)
  t.is(tallyOf(seen(7), seen(9), undefined, seen(4, { fence: 3, uid: 'u2' }), undefined), 6)
})

test('what an earlier holder wrote says nothing of the holder of now', t => {
  t.is(tallyOf(seen(7), seen(7, { fence: 2, statusFence: 1 }), seen(1, { fence: 2 })), 1)
  t.is(tallyOf(seen(7, { fence: 2, statusFence: 1 }), seen(1, { fence: 2 })), 1)
})

test('a thousand random looks never make the count go back', t => {
  const tally = new Tally()
  let last = 0
  for (let look = 0; look < 1000; look++) {
    const fence = 1 + Math.floor(Math.random() * 4)
    tally.see(Math.random() < 0.1 ? undefined : seen(Math.floor(Math.random() * 50), { fence }))
    t.true(tally.requests >= last)
    last = tally.requests
  }
})
