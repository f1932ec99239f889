import type { Bound, Bounds } from './bounds.ts'
import {
  ceilDivide, formatAmount, larger, parseQuantity, roundDown, roundUp, smaller, type Amount, type ResourceName
} from './quantity.ts'
import { SkipSignal } from './skip.ts'

/** What one of our containers gets of one resource. */
export type Share = { readonly request?: Amount, readonly limit?: Amount, readonly warnings: readonly string[] }

export type Demand = {
  readonly name: ResourceName
  readonly bounds: Bounds
  /** By annotation. */
  readonly wish?: Amount
}

type Size = {
  /** For the scheduler, where it is no cap. What Node needs before it does anything is 45 MB. */
  readonly request: Amount
  /** A limit that carries everybody's requests. */
  readonly cap: Amount
  /** Below this limit a sidecar hurts more than it helps. */
  readonly least: Amount
  /** A limit that the proxy never reaches: one thread and V8's helpers, a heap of 192 MiB and its buffers. */
  readonly large: Amount
}

const SIZES: Readonly<Record<ResourceName, Size>> = {
  cpu: size('10m', '500m', '50m', '8'),
  memory: size('64Mi', '256Mi', '128Mi', '4Gi')
}

const WHOLE = 1_000_000_000n

/** In a pod whose containers have request = limit, ours have it too. */
export function guaranteed (demand: Demand): Share {
  const { name, bounds, wish } = demand
  const { cap, least } = SIZES[name]
  const wanted = larger(wish ?? cap, bounds.least?.amount ?? 0n)
  const most = strictest(bounds.mostLimit, bounds.mostRequest)
  const amount = roundDown(name, smaller(wanted, most?.amount ?? wanted))
  const needed = larger(bounds.least?.amount ?? 0n, smaller(wanted, least))
  if (amount < needed) throw noRoom(demand, most, needed)
  return { request: amount, limit: amount, warnings: changed(demand, amount, amount < wanted ? most : bounds.least) }
}

/** A request, and a limit only where the namespace demands one: the largest, or a sane one where a quota counts it. */
export function burstable (demand: Demand): Share {
  const { name, bounds, wish } = demand
  const sizes = SIZES[name]
  const { least, mostRequest } = bounds
  const wanted = larger(wish ?? sizes.request, least?.amount ?? 0n)
  const request = smaller(wanted, mostRequest?.amount ?? wanted)
  const needed = larger(least?.amount ?? 0n, smaller(wanted, sizes.request))
  if (request < needed) throw noRoom(demand, mostRequest, needed)
  if (bounds.limitDemandedBy !== undefined) return limited(demand, request)
  return { request, warnings: changed(demand, request, request < wanted ? mostRequest : least) }
}

function limited (demand: Demand, wanted: Amount): Share {
  const { name, bounds } = demand
  const { cap, large, least: leastLimit } = SIZES[name]
  const { mostLimit, mostRequest, ratio } = bounds
  const target = larger(bounds.isLimitShared ? cap : large, larger(wanted, bounds.least?.amount ?? 0n))
  let limit = smaller(target, mostLimit?.amount ?? target)
  let request = smaller(wanted, limit)
  if (ratio !== undefined) {
    // The scheduler reserves what we request, so the ratio is bought for a limit that is enough, not for the largest.
    const bought = ratio.amount === 0n ? limit : roundUp(name, ceilDivide(smaller(limit, cap) * WHOLE, ratio.amount))
    request = larger(request, smaller(bought, roundDown(name, mostRequest?.amount ?? bought)))
    limit = smaller(limit, request * ratio.amount / WHOLE)
  }
  limit = roundDown(name, limit)
  const needed = larger(leastLimit, bounds.least?.amount ?? 0n)
  if (limit < needed || request > limit) throw noRoom(demand, mostLimit ?? ratio, needed)
  return { request, limit, warnings: changed(demand, request, ratio ?? strictest(mostLimit, mostRequest)) }
}

/** Inside a budget of the whole pod we take nothing for ourselves, unless the namespace would fill something in. */
export function withinBudget (
  demand: Demand, budget: { readonly limit?: Bound, readonly request: Bound }
): Share {
  const { bounds } = demand
  const { request: room } = budget
  if (bounds.limitDemandedBy === undefined && !bounds.requestDemanded) return { warnings: [] }
  // Zero is a request too: nothing is filled in.
  const request = bounds.least?.amount ?? 0n
  if (request > room.amount) throw noRoom(demand, room, request)
  if (bounds.limitDemandedBy === undefined) return { request, warnings: [] }
  const mostLimit = strictest(bounds.mostLimit, budget.limit)
  return limited({ ...demand, bounds: { ...bounds, mostRequest: room, ...(mostLimit && { mostLimit }) } }, request)
}

function strictest (a: Bound | undefined, b: Bound | undefined): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.amount <= b.amount ? a : b
}

/** Whoever wished for something else is told. */
function changed ({ name, wish }: Demand, amount: Amount, bound: Bound | undefined): readonly string[] {
  if (wish === undefined || wish === amount) return []
  const [got, wished] = [formatAmount(name, amount), formatAmount(name, wish)]
  return [`waylay: the sidecar asks for ${name} ${got} and not ${wished}${bound === undefined ? '' : `: ${bound.by}`}`]
}

function noRoom ({ name, bounds }: Demand, bound: Bound | undefined, needed: Amount): SkipSignal {
  const by = bound?.by ?? bounds.least?.by ?? 'the namespace'
  const left = bound === undefined ? '' : ` (${formatAmount(name, larger(bound.amount, 0n))} left)`
  const why = `${by} leaves too little ${name} for the sidecar${left}, which needs ${formatAmount(name, needed)}`
  return new SkipSignal({ kind: 'no-room', why })
}

function size (...texts: readonly [string, string, string, string]): Size {
  const [request, cap, least, large] = texts.map(text => parseQuantity(text) ?? 0n) as [Amount, Amount, Amount, Amount]
  return { request, cap, least, large }
}
