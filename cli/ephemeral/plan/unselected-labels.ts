import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import type { PodSelector } from '../../cluster/pod-selectors.ts'
import type { LabelSelector } from '../../cluster/selector.ts'
import { selects } from '../policies/label-selector.ts'
import { keptLabels, podLabels } from './copy-labels.ts'
import type { Labels } from './pod-template.ts'

export type UnselectedLabels = {
  /** Labels of the original that its copy's pods can have too. */
  readonly kept: Labels
  readonly warnings: readonly string[]
}

/**
 * Chooses the labels of the original's pods that its copy's pods have too: none by which something selects them that
 * is not of the environment, or unmarked requests would come to the copy.
 *
 * @param labels of the original's pods.
 * @param keys of those that somebody wants it to have.
 */
export function unselectedLabels (
  environment: string, copy: string, labels: Labels, selectors: readonly PodSelector[], keys: readonly string[] = []
): UnselectedLabels {
  const others = selectors.filter(each => each.labels[ENVIRONMENT_LABELS.environment] !== environment)
  const wanted = keptLabels(labels, keys)
  // Whether the app carries headers on decides about one more label, which is as much ours.
  const selecting = (kept: Labels): readonly PodSelector[] =>
    others.filter(({ selector }) => selects(selector, podLabels(environment, copy, kept, false)))
  const asked = new Set(selecting(wanted).flatMap(({ selector }) => keysOf(selector)))
  const kept = Object.fromEntries(Object.entries(wanted).filter(([key]) => !asked.has(key)))
  const left = Object.keys(wanted).filter(key => asked.has(key))
  return {
    kept,
    warnings: [
      ...keys.filter(key => labels[key] === undefined).map(key =>
        `${copy} does not have the label ${key}: the original's pods have none of that name.`),
      ...left.map(key => `${copy} does not have the label ${key}: ${namesOf(selecting(wanted))} would select its pods by it.`),
      ...selecting(kept).map(({ name }) =>
        `${name} selects every pod of the namespace, so it selects those of ${copy} too, and counts them.`)
    ]
  }
}

/** Keys that a pod must have for the selector to select it. */
function keysOf ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly string[] {
  return [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)]
}

function namesOf (selectors: readonly PodSelector[]): string {
  return selectors.map(({ name }) => name).join(', ')
}
