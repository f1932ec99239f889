import { ANNOTATIONS } from '../../common/contract.ts'
import type { Wishes } from './annotations.ts'
import { boundsOf, type Bound, type Bounds } from './bounds.ts'
import type { InjectionContext } from './context.ts'
import type { Pod, Resources } from './pod.ts'
import { hasPodBudget, podTotal, qosClassOf } from './qos.ts'
import { formatAmount, parseQuantity, RESOURCE_NAMES, smaller, type Amount, type ResourceName } from './quantity.ts'
import { burstable, guaranteed, withinBudget, type Demand, type Share } from './share.ts'
import { SkipSignal } from './skip.ts'

export type ResourcePlan = { readonly resources: Resources, readonly warnings: readonly string[] }

/**
 * What each of our two containers asks for. The pod keeps its class, and nothing of ours is refused or changed by a
 * LimitRange or a ResourceQuota afterwards. Without need there are no limits: a CPU limit throttles every caller, and
 * the kernel's group OOM kill would take the supervisor with the proxy.
 *
 * @throws {SkipSignal} `no-room` where a namespace leaves too little for the sidecar; `unknown-value` for an annotation
 * that no sidecar could live with.
 */
export function planResources (pod: Pod, wishes: Wishes, context: InjectionContext): ResourcePlan {
  const qos = qosClassOf(pod)
  const wished = { cpu: wishes.sidecarCpu, memory: wishes.sidecarMemory }
  const isWithinBudget = hasPodBudget(pod)
  if (qos === 'BestEffort' && !isWithinBudget) {
    const why = 'the pod asks for nothing (BestEffort), and a request of ours would change its class'
    return { resources: {}, warnings: unheard(wished, why) }
  }
  const shares = RESOURCE_NAMES.map(name => {
    const bounds = boundsOf(pod, context, name)
    const demand: Demand = { name, bounds, ...readWish(name, wished[name], qos === 'Guaranteed' && !isWithinBudget) }
    if (isWithinBudget) return { name, bounds, ...withinBudget(demand, budgetOf(pod, name)) }
    return { name, bounds, ...(qos === 'Guaranteed' ? guaranteed(demand) : burstable(demand)) }
  })
  const resources = {
    ...quantities('requests', shares.map(({ name, request }) => [name, request])),
    ...quantities('limits', shares.map(({ name, limit }) => [name, limit]))
  }
  return {
    resources,
    warnings: [
      ...isWithinBudget ? unheard(wished, 'the pod has a budget as a whole (spec.resources), and the sidecar lives in it') : [],
      ...shares.flatMap(share => share.warnings),
      ...qos === 'Guaranteed' && !isWithinBudget ? [] : limitWarnings(shares)
    ]
  }
}

function readWish (name: ResourceName, text: string | undefined, isLimit: boolean): { readonly wish?: Amount } {
  const wish = parseQuantity(text)
  if (text === undefined || wish === undefined) return {}
  const least = LEAST_LIMITS[name]
  if (!isLimit || wish >= (parseQuantity(least) ?? 0n)) return { wish }
  // The kubelet would start such a container again and again, and the app never.
  throw new SkipSignal({
    kind: 'unknown-value', key: KEYS[name], value: text, allowed: `${least} or more in a Guaranteed pod, where it is the limit too`
  })
}

const KEYS = { cpu: ANNOTATIONS.sidecarCpu, memory: ANNOTATIONS.sidecarMemory }
const LEAST_LIMITS = { cpu: '50m', memory: '64Mi' }

function unheard (wished: Readonly<Record<ResourceName, string | undefined>>, why: string): readonly string[] {
  const keys = RESOURCE_NAMES.filter(name => wished[name] !== undefined).map(name => KEYS[name])
  return keys.length === 0 ? [] : [`waylay: ${keys.join(' and ')} left out: ${why}`]
}

/** What the pod as a whole may use, and what of its requests no container has taken. */
function budgetOf (pod: Pod, name: ResourceName): { readonly limit?: Bound, readonly request: Bound } {
  const by = 'spec.resources of the pod'
  const limit = parseQuantity(pod.spec.resources?.limits?.[name])
  const request = parseQuantity(pod.spec.resources?.requests?.[name]) ?? limit ?? 0n
  return {
    ...(limit !== undefined && { limit: { amount: limit, by } }),
    request: { amount: request - smaller(request, podTotal(pod, 'requests', name)), by }
  }
}

function quantities (
  kind: 'requests' | 'limits', amounts: readonly (readonly [ResourceName, Amount | undefined])[]
): Resources {
  const given = amounts.flatMap(([name, amount]) =>
    amount === undefined ? [] : [[name, formatAmount(name, amount)] as const])
  return given.length === 0 ? {} : { [kind]: Object.fromEntries(given) }
}

function limitWarnings (
  shares: readonly (Share & { readonly name: ResourceName, readonly bounds: Bounds })[]
): readonly string[] {
  const limited = shares.filter(({ limit }) => limit !== undefined)
  if (limited.length === 0) return []
  const amounts = limited.map(({ name, limit = 0n }) => `${name} ${formatAmount(name, limit)}`).join(', ')
  const demanders = [...new Set(limited.map(({ bounds }) => bounds.limitDemandedBy))].join(', ')
  // The API server may cut warnings after 256 characters.
  return [
    `waylay: the sidecar has limits here: ${amounts} (${demanders}); past its CPU limit all requests become slower, ` +
    'past its memory limit the kernel ends it for a moment'
  ]
}
