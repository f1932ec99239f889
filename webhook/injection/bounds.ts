import type { InjectionContext, LimitRange, Quota } from './context.ts'
import type { Pod } from './pod.ts'
import { hasPodBudget, podTotal, qosClassOf } from './qos.ts'
import { parseQuantity, type Amount, type ResourceName } from './quantity.ts'

/** A number with the object that says so, for people: `LimitRange "small"`. */
export type Bound = { readonly amount: Amount, readonly by: string }

/** What the namespace demands of each of our two containers, for one resource. */
export type Bounds = {
  /** Without a limit of its own the container would be refused, or given a limit that is none of ours. */
  readonly limitDemandedBy?: string
  /** Limits count against a quota: what we take, others cannot have. */
  readonly isLimitShared: boolean
  /** Something is filled in or refused where a request is missing. */
  readonly requestDemanded: boolean
  readonly mostLimit?: Bound
  readonly mostRequest?: Bound
  /** For requests and limits alike. */
  readonly least?: Bound
  /** Limit divided by request, in billionths. */
  readonly ratio?: Bound
}

type Item = LimitRange['limits'][number] & { readonly by: string }

/** Reads LimitRanges and quotas. Where a pod has a budget of its own, only what is said of containers concerns us. */
export function boundsOf (pod: Pod, { limitRanges, quotas }: InjectionContext, name: ResourceName): Bounds {
  const items = limitRanges.flatMap(range => range.limits.map((item): Item => ({ ...item, by: `LimitRange "${range.name}"` })))
  const container = items.filter(({ type }) => type === 'Container')
  const whole = hasPodBudget(pod) ? [] : items.filter(({ type }) => type === 'Pod')
  const counted = hasPodBudget(pod) ? [] : quotas.filter(quota => appliesTo(quota, pod))
  const both = [...container, ...whole]
  const demanding = both.find(item =>
    [item.max, item.default, item.maxLimitRequestRatio].some(quantities => quantities?.[name] !== undefined))
  const limitLeft = quotaLeft(counted, pod, [`limits.${name}`], 'limits', name)
  const requestLeft = quotaLeft(counted, pod, [`requests.${name}`, name], 'requests', name)
  const podRoom = (kind: 'requests' | 'limits'): Bound[] => bounds(whole, 'max', name)
    .map(({ amount, by }) => ({ amount: amount - podTotal(pod, kind, name), by }))
  const max = bounds(container, 'max', name)
  const limitDemandedBy = demanding?.by ?? limitLeft[0]?.by
  return {
    isLimitShared: limitLeft.length > 0,
    requestDemanded: both.some(item => item.min?.[name] !== undefined || item.defaultRequest?.[name] !== undefined),
    ...(limitDemandedBy !== undefined && { limitDemandedBy }),
    ...optional('mostLimit', lowest([...max, ...podRoom('limits'), ...limitLeft])),
    ...optional('mostRequest', lowest([...max, ...podRoom('requests'), ...requestLeft])),
    ...optional('least', highest(bounds(container, 'min', name))),
    ...optional('ratio', lowest(bounds(both, 'maxLimitRequestRatio', name)))
  }
}

/** Scopes that we do not know count as fulfilled: a limit too many is better than a pod that is refused. */
function appliesTo ({ scopes }: Quota, pod: Pod): boolean {
  const isBestEffort = qosClassOf(pod) === 'BestEffort'
  const isTerminating = pod.spec.activeDeadlineSeconds != null
  const fulfilled: Readonly<Record<string, boolean>> = {
    BestEffort: isBestEffort,
    NotBestEffort: !isBestEffort,
    Terminating: isTerminating,
    NotTerminating: !isTerminating
  }
  return scopes.every(scope => fulfilled[scope] ?? true)
}

function quotaLeft (
  quotas: readonly Quota[], pod: Pod, keys: readonly string[], kind: 'requests' | 'limits', name: ResourceName
): Bound[] {
  return quotas.flatMap(quota => keys.flatMap(key => {
    const hard = parseQuantity(quota.hard[key])
    if (hard === undefined) return []
    const used = parseQuantity(quota.used[key]) ?? 0n
    // A quota counts what the pod's runtime class takes for itself, too.
    const overhead = parseQuantity(pod.spec.overhead?.[name]) ?? 0n
    return [{ amount: hard - used - podTotal(pod, kind, name) - overhead, by: `ResourceQuota "${quota.name}"` }]
  }))
}

function bounds (items: readonly Item[], field: 'max' | 'min' | 'maxLimitRequestRatio', name: ResourceName): Bound[] {
  return items.flatMap(item => {
    const amount = parseQuantity(item[field]?.[name])
    return amount === undefined ? [] : [{ amount, by: item.by }]
  })
}

function lowest (all: readonly Bound[]): Bound | undefined {
  return all.toSorted((a, b) => a.amount < b.amount ? -1 : 1)[0]
}

function highest (all: readonly Bound[]): Bound | undefined {
  return all.toSorted((a, b) => a.amount > b.amount ? -1 : 1)[0]
}

function optional<Key extends string> (key: Key, value: Bound | undefined): Partial<Record<Key, Bound>> {
  return value === undefined ? {} : { [key]: value } as Record<Key, Bound>
}
