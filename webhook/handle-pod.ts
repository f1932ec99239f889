import { toWaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { NamespaceFacts } from './admission/deps.ts'
import { applyPatch } from './apply-patch.ts'
import type { SidecarImage } from './injection/containers.ts'
import { planInjection, type InjectionPlan } from './injection/plan.ts'
import type { InjectionContext } from './injection/context.ts'
import type { Facts } from './facts/facts.ts'
import { readPod, type Pod } from './injection/pod.ts'
import { findInjectionFault, findWithdrawalFault } from './injection/verify.ts'
import { readReview, writeReview, type AdmissionAnswer, type AdmissionRequest } from './review.ts'

/** What an answer about a pod needs from outside. Only main.ts passes the real ones. */
export type PodDeps = {
  readonly readNamespace: (name: string) => Promise<NamespaceFacts>
  readonly facts: Pick<Facts, 'contextOf'>
  /** Public half of the installation's key, as pods hold it. Throws before there is one. */
  readonly ticketKey: () => string
  readonly sidecar: SidecarImage
  readonly systemNamespace: string
  readonly log: Logger
  /** Where the images need a pull secret: lets the plan pass once they can be pulled. */
  readonly pulling?: {
    readonly secret: string
    readonly ready: (request: AdmissionRequest, plan: InjectionPlan) => Promise<InjectionPlan>
  }
  /** planInjection; tests pass a broken one. */
  readonly plan?: (pod: Pod, context: InjectionContext) => InjectionPlan
}

const FAILED = 'waylay: this pod is not injected: the webhook failed; its log says why'

/**
 * Returns a handler that never refuses, a pod must start whatever happens in here, and rejects only for what is no
 * AdmissionReview.
 */
export function createPodHandler (deps: PodDeps) {
  return async (body: unknown): Promise<object> => {
    const request = readReview(body)
    try {
      return writeReview(request.uid, await answer(request, deps))
    } catch (error) {
      deps.log.error({ event: 'pod.failed', err: toWaylayError(error) }, 'pod let through unchanged')
      return writeReview(request.uid, { kind: 'allow', warnings: [FAILED] })
    }
  }
}

async function answer (request: AdmissionRequest, deps: PodDeps): Promise<AdmissionAnswer> {
  if (request.operation !== 'CREATE') return { kind: 'allow' }
  const pod = readPod(request.object)
  const planned = (deps.plan ?? planInjection)(pod, await readContext(request, pod, deps))
  const plan = await deps.pulling?.ready(request, planned) ?? planned
  const facts = { namespace: request.namespace, pod: pod.metadata?.name ?? pod.metadata?.generateName ?? '' }
  if (plan.kind === 'skip') {
    deps.log.info({ event: 'pod.skipped', ...facts, reason: plan.reason }, 'pod not injected')
    return { kind: 'allow', warnings: plan.warning === undefined ? [] : [plan.warning] }
  }
  const findFault = plan.kind === 'withdraw' ? findWithdrawalFault : findInjectionFault
  const fault = findFault(request.object, applyPatch(request.object, plan.patch), plan.patch)
  if (fault !== undefined) throw new Error(`The patch was not sent: ${fault}`)
  if (plan.kind === 'withdraw') {
    deps.log.info({ event: 'pod.withdrawn', ...facts, reason: plan.reason }, 'injection taken back')
    return { kind: 'allow', patch: plan.patch, warnings: plan.warning === undefined ? [] : [plan.warning] }
  }
  const { workload, ports } = plan.status
  deps.log.info({ event: 'pod.injected', ...facts, workload, ports }, 'pod injected')
  return { kind: 'allow', patch: plan.patch, warnings: plan.warnings }
}

async function readContext (
  { namespace, uid }: AdmissionRequest, pod: Pod, deps: PodDeps
): Promise<InjectionContext> {
  const { labels, annotations } = await deps.readNamespace(namespace)
  return {
    namespace,
    namespaceLabels: labels,
    namespaceAnnotations: annotations,
    systemNamespace: deps.systemNamespace,
    sidecar: deps.sidecar,
    ...(deps.pulling !== undefined && { pullSecret: deps.pulling.secret }),
    ticketKey: deps.ticketKey(),
    admissionId: uid,
    ...deps.facts.contextOf(namespace, pod.metadata?.labels ?? {})
  }
}
