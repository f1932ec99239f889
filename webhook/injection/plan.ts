import type { InjectedConfig, InjectionStatus } from '../../common/injected.ts'
import { VERSION } from '../../common/version.ts'
import { addToPod } from './additions.ts'
import { readWishes, type Wishes } from './annotations.ts'
import { initContainer, injectedVolumes, propagateContainer, proxyContainer } from './containers.ts'
import { partOf, planCopy, type CopyPlan } from './copy.ts'
import type { Operation } from '../operation.ts'
import type { InjectionContext } from './context.ts'
import { isInjected, missingPullSecret, takenName } from './ours.ts'
import type { Pod, Resources } from './pod.ts'
import { planPropagate, PROPAGATE_VOLUMES, type PropagatePlan } from './propagate.ts'
import { podRefusal, refusalOf, scopeRefusal } from './refusal.ts'
import { planResources } from './resources.ts'
import { SkipSignal, skipWarning, type SkipReason } from './skip.ts'
import { byName, byRedirect } from './way.ts'
import { planWithdrawal } from './withdraw.ts'
import { workloadOf } from './workload.ts'

export type InjectionPlan =
  | {
    readonly kind: 'inject'
    readonly patch: readonly Operation[]
    readonly warnings: readonly string[]
    readonly status: InjectionStatus
  }
  | {
    readonly kind: 'withdraw'
    readonly patch: readonly Operation[]
    readonly reason: SkipReason
    readonly warning?: string
  }
  | Extract<CopyPlan, { readonly kind: 'propagate' }>
  | { readonly kind: 'skip', readonly reason: SkipReason, readonly warning?: string }

/**
 * Decides what happens to a pod. Pure; the same pod gives the same plan, and an injected pod gives a skip, unless
 * another webhook has made it one that we cannot be in.
 *
 * The patch of an injection only adds, but for the ports of probes: the pod is never written out again, so fields that
 * this version of waylay does not know survive.
 */
export function planInjection (pod: Pod, context: InjectionContext): InjectionPlan {
  try {
    const outside = scopeRefusal(pod, context)
    if (outside !== undefined) return skip(outside)
    if (partOf(pod) !== undefined) return planPart(pod, context)
    if (isInjected(pod)) return planAgain(pod, context)
    const refusal = refusalOf(pod, context)
    if (refusal !== undefined) return skip(refusal)
    const name = takenName(pod)
    if (name !== undefined) return skip({ kind: 'name-taken', name })
    return inject(pod, context, readWishes(pod.metadata?.annotations ?? {}, context.namespaceAnnotations))
  } catch (error) {
    if (error instanceof SkipSignal) return skip(error.reason)
    throw error
  }
}

/** The API server asks again when another webhook has changed the pod after us (`reinvocationPolicy: IfNeeded`). */
function planAgain (pod: Pod, context: InjectionContext): InjectionPlan {
  const reason = podRefusal(pod, context)
  const patch = reason && planWithdrawal(pod)
  if (reason === undefined || patch === undefined) return skip({ kind: 'already-injected' })
  const warning = skipWarning(reason)
  return { kind: 'withdraw', patch, reason, ...(warning !== undefined && { warning }) }
}

function planPart (pod: Pod, context: InjectionContext): InjectionPlan {
  const plan = planCopy(pod, context)
  return plan.kind === 'skip' ? skip(plan.reason) : plan
}

function skip (reason: SkipReason): InjectionPlan {
  const warning = skipWarning(reason)
  return { kind: 'skip', reason, ...(warning !== undefined && { warning }) }
}

function inject (pod: Pod, context: InjectionContext, wishes: Wishes): InjectionPlan {
  const { ports, detours, operations, ...by } = wishes.mode === 'named-port'
    ? byName(pod, context, wishes)
    : byRedirect(pod, context, wishes)
  const workload = workloadOf(pod)
  const pullSecret = missingPullSecret(pod, context)
  const config: InjectedConfig = {
    version: VERSION,
    mode: wishes.mode,
    namespace: context.namespace,
    workload: workload.configured,
    ports,
    detours,
    forwardedFor: wishes.forwardedFor,
    ticketKey: context.ticketKey,
    ...(by.renamed !== undefined && { renamed: by.renamed }),
    ...(pullSecret !== undefined && { pullSecret })
  }
  const propagate = planPropagate(pod, wishes.propagate, context)
  const status: InjectionStatus = {
    version: VERSION,
    mode: wishes.mode,
    workload: workload.shown,
    ports: ports.map(({ listener: _listener, ...port }) => port),
    ...(by.unseen !== undefined && { unseen: by.unseen }),
    ...(propagate.language !== undefined && { propagate: propagate.language }),
    ...(propagate.leftOut.length > 0 && { propagateLeftOut: propagate.leftOut }),
    ...(propagate.alone.length > 0 && { propagateAlone: propagate.alone })
  }
  const { resources, warnings } = planResources(pod, wishes, context)
  return {
    kind: 'inject',
    // Probes first: their paths hold the places of containers before ours move in.
    patch: [
      ...operations,
      ...propagate.operations,
      ...addToPod(pod, {
        containers: ourContainers(config, propagate, resources, context),
        volumes: [...injectedVolumes(config), ...propagate.language === undefined ? [] : PROPAGATE_VOLUMES],
        injected: { status, admissionId: context.admissionId },
        pullSecret
      })
    ],
    warnings: [...by.warnings(status), ...warnings, ...propagate.warnings],
    status
  }
}

/** What ends before the app starts stands in front of the sidecar: so the pod asks for no more than with that alone. */
function ourContainers (
  config: InjectedConfig, { language }: PropagatePlan, resources: Resources, context: InjectionContext
): readonly object[] {
  const { sidecar, propagate, cluster } = context
  return [
    ...config.mode === 'named-port' ? [] : [initContainer(sidecar, config, resources)],
    ...language === undefined || propagate == null ? [] : [propagateContainer(propagate, language, resources, cluster)],
    proxyContainer(sidecar, config, resources, cluster)
  ]
}
