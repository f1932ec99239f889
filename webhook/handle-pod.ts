import { INJECTED_LABEL } from '../common/contract.ts'
import { toWaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { NamespaceFacts } from './admission/deps.ts'
import { applyPatch } from './apply-patch.ts'
import type { Expected } from './bypass/appearances.ts'
import type { Told } from './events/event.ts'
import type { Facts } from './facts/facts.ts'
import type { Bypass, InjectionContext, SidecarImage } from './injection/context.ts'
import { planInjection, type InjectionPlan } from './injection/plan.ts'
import { readPod, type Pod } from './injection/pod.ts'
import { findInjectionFault, findPropagationFault, findWithdrawalFault } from './injection/verify.ts'
import type { Admission } from './metrics/metrics.ts'
import { readReview, writeReview, type AdmissionAnswer, type AdmissionRequest } from './review.ts'
import { isStorable, isStorableName, subjectOf, type Subject } from './subject.ts'

/** What an answer about a pod needs from outside. Nothing in here may wait for the API but a namespace nobody knows. */
export type PodDeps = {
  readonly readNamespace: (name: string) => Promise<NamespaceFacts>
  readonly facts: Pick<Facts, 'contextOf'>
  readonly findBypass: (namespace: string, workload: string) => Bypass | undefined
  /** Public half of the installation's key, as pods hold it. Throws before there is one. */
  readonly ticketKey: () => string
  readonly sidecar: SidecarImage
  /** Where the webhook was told the image of `waylay.dev/propagate`. */
  readonly propagate?: SidecarImage
  readonly systemNamespace: string
  /** A pod was patched and should appear. Never called for a dry run. */
  readonly expect: (expected: Expected) => void
  /** A pod that was patched will appear without our containers, by the value of its label. Never for a dry run. */
  readonly forget: (id: string) => void
  /** Something worth an Event. Never called for a dry run. */
  readonly tell: (told: Told) => void
  readonly count: (admission: Admission) => void
  readonly monotonicMs: () => number
  readonly log: Logger
  /** Where the images need a pull secret: lets the plan pass once they can be pulled. */
  readonly pulling?: {
    readonly secret: string
    readonly ready: (request: AdmissionRequest, plan: InjectionPlan) => Promise<InjectionPlan>
  }
  /** planInjection; tests pass a broken one. */
  readonly plan?: (pod: Pod, context: InjectionContext) => InjectionPlan
}

type Answered = Omit<Admission, 'tookMs'> & { readonly answer: AdmissionAnswer }

/** The API server gives up after 2 seconds (`timeoutSeconds`), and the pod goes through without us. */
const IN_TIME_MS = 1800
const FAILED = 'waylay: this pod is not injected: the webhook failed; its log says why'

/**
 * Returns a handler that never refuses, a pod must start whatever happens in here, and rejects only for what is no
 * AdmissionReview.
 */
export function createPodHandler (deps: PodDeps) {
  /** @param isGone whether who asked has hung up. */
  return async (body: unknown, isGone = (): boolean => false): Promise<object> => {
    const startedMs = deps.monotonicMs()
    const request = readReview(body)
    const isInTime = (): boolean => !isGone() && deps.monotonicMs() - startedMs < IN_TIME_MS
    const { answer, ...outcome } = await answerSafely(request, isInTime, deps)
    const review = writeReview(request.uid, answer)
    deps.count({ ...outcome, tookMs: deps.monotonicMs() - startedMs })
    return review
  }
}

async function answerSafely (request: AdmissionRequest, isInTime: () => boolean, deps: PodDeps): Promise<Answered> {
  try {
    return await answer(request, isInTime, deps)
  } catch (error) {
    deps.log.error({ event: 'pod.failed', err: toWaylayError(error) }, 'pod let through unchanged')
    return { result: 'failed', answer: { kind: 'allow', warnings: [FAILED] } }
  }
}

async function answer (request: AdmissionRequest, isInTime: () => boolean, deps: PodDeps): Promise<Answered> {
  if (request.operation !== 'CREATE') return { result: 'ignored', answer: { kind: 'allow' } }
  const pod = readPod(request.object)
  const subject = subjectOf(pod.metadata ?? {}, request.namespace)
  const planned = (deps.plan ?? planInjection)(pod, await readContext(request, pod, subject, deps))
  const plan = await deps.pulling?.ready(request, planned) ?? planned
  const name = pod.metadata?.name ?? pod.metadata?.generateName ?? ''
  const facts = { namespace: request.namespace, pod: name }
  // Whoever reaches our port may send names of megabytes: none of them stays in memory.
  const leavesTraces = !request.dryRun && isStorable(subject) && isStorableName(name)
  if (plan.kind !== 'skip') verify(request.object, plan)
  if (plan.kind === 'inject') {
    const { workload, ports } = plan.status
    deps.log.info({ event: 'pod.injected', ...facts, workload, ports }, 'pod injected')
    // One whose answer is late appears without us, and nobody has refused it.
    if (leavesTraces && isInTime()) deps.expect(expectedOf(request.uid, pod, subject))
    return { result: 'injected', answer: { kind: 'allow', patch: plan.patch, warnings: plan.warnings } }
  }
  if (plan.kind === 'propagate') {
    const { language, patch, warnings } = plan
    deps.log.info({ event: 'pod.propagating', ...facts, language }, 'copy carries headers on')
    return { result: 'propagated', answer: { kind: 'allow', patch, warnings } }
  }
  const { reason, warning } = plan
  if (leavesTraces && warning !== undefined) {
    deps.tell({ subject, reason: reason.kind === 'bypassed' ? 'WaylayBypassed' : 'WaylayNotInjected', message: warning })
  }
  const warnings = warning === undefined ? [] : [warning]
  if (plan.kind === 'withdraw') {
    deps.log.info({ event: 'pod.withdrawn', ...facts, reason }, 'injection taken back')
    if (!request.dryRun) deps.forget(pod.metadata?.labels?.[INJECTED_LABEL] ?? '')
    return { result: 'withdrawn', reason: reason.kind, answer: { kind: 'allow', patch: plan.patch, warnings } }
  }
  deps.log.info({ event: 'pod.skipped', ...facts, reason }, 'pod not injected')
  return { result: 'skipped', reason: reason.kind, answer: { kind: 'allow', warnings } }
}

const FIND_FAULT = {
  inject: findInjectionFault, propagate: findPropagationFault, withdraw: findWithdrawalFault
} as const

/** @throws {Error} for a patch that does not apply, or changes more than it should: it is not sent. */
function verify (pod: unknown, { kind, patch }: Exclude<InjectionPlan, { kind: 'skip' }>): void {
  const fault = FIND_FAULT[kind](pod, applyPatch(pod, patch), patch)
  if (fault !== undefined) throw new Error(`The patch was not sent: ${fault}`)
}

function expectedOf (id: string, pod: Pod, subject: Subject): Expected {
  const name = pod.metadata?.name ?? ''
  return { id, subject, ...(name !== '' && { name }) }
}

async function readContext (
  { namespace, uid }: AdmissionRequest, pod: Pod, { workload }: Subject, deps: PodDeps
): Promise<InjectionContext> {
  const { labels, annotations } = await deps.readNamespace(namespace)
  const bypass = deps.findBypass(namespace, workload)
  return {
    namespace,
    namespaceLabels: labels,
    namespaceAnnotations: annotations,
    systemNamespace: deps.systemNamespace,
    sidecar: deps.sidecar,
    ...(deps.propagate !== undefined && { propagate: deps.propagate }),
    ...(deps.pulling !== undefined && { pullSecret: deps.pulling.secret }),
    ticketKey: deps.ticketKey(),
    admissionId: uid,
    ...deps.facts.contextOf(namespace, pod.metadata?.labels ?? {}),
    ...(bypass !== undefined && { bypass })
  }
}
