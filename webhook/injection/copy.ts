import {
  ENVIRONMENT_LABELS, INJECT_LABEL, PROPAGATE_CONTAINER_NAME, type PropagateLanguage
} from '../../common/contract.ts'
import type { Operation } from '../operation.ts'
import { addToPod } from './additions.ts'
import { readWishes } from './annotations.ts'
import { EMPTY_VOLUMES, propagateContainer } from './containers.ts'
import type { InjectionContext } from './context.ts'
import { missingPullSecret, takenName } from './ours.ts'
import type { Pod } from './pod.ts'
import { planPropagate, PROPAGATE_VOLUMES } from './propagate.ts'
import { specRefusal } from './refusal.ts'
import { planResources } from './resources.ts'
import type { SkipReason } from './skip.ts'

/** What becomes of a pod of an environment. No kind of it is an injection: it has no sidecar and no label of ours. */
export type CopyPlan =
  | {
    readonly kind: 'propagate'
    readonly patch: readonly Operation[]
    readonly warnings: readonly string[]
    readonly language: PropagateLanguage
  }
  | { readonly kind: 'skip', readonly reason: SkipReason }

/** Which part of an ephemeral environment the pod is; undefined for all other pods. */
export function partOf ({ metadata }: Pod): string | undefined {
  return metadata?.labels?.[ENVIRONMENT_LABELS.part]
}

/**
 * Plans a pod of an environment, whatever its other labels say. Requests come to it from the original's sidecar; one of
 * its own would divert them once more, and be taken for a pod of the original. A copy still carries headers on where
 * the original does, or what it calls would answer as if nobody had marked the request.
 *
 * @throws {SkipSignal} for an annotation that nobody knows.
 */
export function planCopy (pod: Pod, context: InjectionContext): CopyPlan {
  const skip = (reason: SkipReason): CopyPlan => ({ kind: 'skip', reason })
  const { labels = {}, annotations = {} } = pod.metadata ?? {}
  if (partOf(pod) !== 'copy' || labels[INJECT_LABEL] === 'disabled') return skip({ kind: 'environment' })
  if (pod.spec.initContainers?.some(({ name }) => name === PROPAGATE_CONTAINER_NAME) === true) return skip({ kind: 'already-injected' })
  const wishes = readWishes(annotations, context.namespaceAnnotations)
  if (wishes.propagate === undefined) return skip({ kind: 'environment' })
  const refusal = specRefusal(pod)
  if (refusal?.kind === 'mirror-pod' || refusal?.kind === 'windows') return skip(refusal)
  if (context.bypass !== undefined) return skip({ kind: 'bypassed', why: context.bypass.why })
  const name = takenName(pod)
  if (name !== undefined) return skip({ kind: 'name-taken', name })
  const { language, operations, warnings } = planPropagate(pod, wishes.propagate, context)
  if (language === undefined || context.propagate == null) return skip({ kind: 'not-propagated', why: inOneSentence(warnings) })
  const { resources } = planResources(pod, wishes, context)
  const container = propagateContainer(context.propagate, language, resources, context.cluster)
  const volumes = [...EMPTY_VOLUMES, ...PROPAGATE_VOLUMES]
  const additions = addToPod(pod, { containers: [container], volumes, pullSecret: missingPullSecret(pod, context) })
  return { kind: 'propagate', patch: [...operations, ...additions], warnings, language }
}

function inOneSentence (warnings: readonly string[]): string {
  return warnings.map(text => text.replace(/^waylay: /, '')).join('; ')
}
