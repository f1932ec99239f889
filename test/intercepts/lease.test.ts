import test from 'ava'
import { expiredForMs, leaseOf, type Lease, type Leased } from '../../intercepts/lease.ts'

const NOW_MS = Date.UTC(2026, 5, 1, 12, 0, 0)
const at = (ms: number): string => new Date(NOW_MS + ms).toISOString()

/** Acquired at one time and renewed at another, both in ms from now; created an hour ago unless said otherwise. */
function anIntercept (fence: number, renewed?: number, created = -3_600_000): Leased {
  return {
    metadata: { creationTimestamp: at(created) },
    spec: { fence: NOW_MS + fence },
    ...(renewed !== undefined && { status: { fence: NOW_MS + fence, renewTime: at(renewed) } })
  }
}

const OF_AN_EARLIER_HOLDER: Leased = {
  ...anIntercept(-20_000), status: { fence: NOW_MS - 60_000, renewTime: at(-1000) }
}

const cases: readonly (readonly [name: string, Leased, Lease])[] = [
  ['renewed a moment ago', anIntercept(-3_600_000, -10), 'live'],
  ['renewed 15 seconds ago', anIntercept(-3_600_000, -15_000), 'live'],
  ['renewed a little more than 15 seconds ago', anIntercept(-3_600_000, -15_001), 'expired'],
  ['renewed 5 seconds ahead of now', anIntercept(-3_600_000, 5000), 'live'],
  ['renewed more than 5 seconds ahead of now', anIntercept(-3_600_000, 5001), 'expired'],
  ['renewed an hour ahead of now and acquired a moment ago', anIntercept(-10, 3_600_000), 'expired'],
  ['acquired a moment ago and not renewed yet', anIntercept(-10), 'live'],
  ['acquired 16 seconds ago and never renewed', anIntercept(-16_000), 'expired'],
  ['acquired a moment ago after a renewal that is older', anIntercept(-10, -60_000), 'live'],
  ['renewed only by an earlier holder', OF_AN_EARLIER_HOLDER, 'expired'],
  ['renewed by somebody whose fence is unknown', { ...anIntercept(-20_000), status: { renewTime: at(-10) } }, 'expired'],
  ['acquired in a future that cannot be', { ...anIntercept(2 ** 53) }, 'expired'],
  ['acquired ahead of now but created a moment ago', anIntercept(20_000, undefined, -10), 'live'],
  ['acquired by a slow clock but created a moment ago', anIntercept(-20_000, undefined, -10), 'live'],
  ['acquired ahead of now and renewed in time', anIntercept(20_000, -10), 'live'],
  ['made without a webhook a moment ago', { metadata: { creationTimestamp: at(-10) } }, 'live'],
  ['made without a webhook and renewed', { ...anIntercept(0), spec: {}, status: { renewTime: at(-10) } }, 'live'],
  ['without any time', {}, 'expired'],
  ['full of what is no time', { metadata: { creationTimestamp: {} }, spec: { fence: 'x' }, status: { fence: 'x', renewTime: [] } }, 'expired'],
  ['renewed at a time that is none', { ...anIntercept(-20_000), status: { fence: NOW_MS - 20_000, renewTime: 'soon' } }, 'expired']
]
for (const [name, intercept, lease] of cases) {
  test(`an intercept ${name} is ${lease}`, t => {
    t.is(leaseOf(intercept, NOW_MS), lease)
  })
}

test('the time since the expiry counts from the last time that can be believed', t => {
  t.is(expiredForMs(anIntercept(-3_600_000, -75_000), NOW_MS), 60_000)
  t.is(expiredForMs(anIntercept(-75_000, 3_600_000), NOW_MS), 60_000)
  t.is(expiredForMs(anIntercept(-20_000, -1000), NOW_MS), -14_000)
  t.is(expiredForMs({}, NOW_MS), Infinity)
})
