import { selects } from '../policies/label-selector.ts'
import type { Affinity, Labels, PodTemplate, SpreadConstraint } from './pod-template.ts'

// Where originals are on every node, a copy that must be away from them has no place: so it only should be.
const WEIGHT = 100

/**
 * Makes wishes of the rules that keep the original's pods away from each other: a copy's pods have other labels, so
 * such a rule would hold between the copy and the original, and leave it no node.
 *
 * @param labels of the original's pods.
 */
export function keepSchedulable (template: PodTemplate, labels: Labels): PodTemplate {
  const { affinity, topologySpreadConstraints } = template.spec
  return {
    ...template,
    spec: {
      ...template.spec,
      ...(affinity !== undefined && { affinity: loosen(affinity, labels) }),
      ...(topologySpreadConstraints !== undefined && {
        topologySpreadConstraints: spread(topologySpreadConstraints, labels)
      })
    }
  }
}

function loosen (affinity: Affinity, labels: Labels): Affinity {
  const { podAntiAffinity } = affinity
  const required = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  const own = required.filter(({ labelSelector }) => labelSelector !== undefined && selects(labelSelector, labels))
  if (podAntiAffinity === undefined || own.length === 0) return affinity
  return {
    ...affinity,
    podAntiAffinity: {
      ...podAntiAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: required.filter(term => !own.includes(term)),
      preferredDuringSchedulingIgnoredDuringExecution: [
        ...podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? [],
        ...own.map(podAffinityTerm => ({ weight: WEIGHT, podAffinityTerm }))
      ]
    }
  }
}

function spread (constraints: readonly SpreadConstraint[], labels: Labels): readonly SpreadConstraint[] {
  const loosened = constraints.map(constraint => {
    const { labelSelector } = constraint
    if (labelSelector === undefined || !selects(labelSelector, labels)) return constraint
    // A least number of domains goes with DoNotSchedule alone.
    const fields = Object.entries(constraint).filter(([field]) => field !== 'minDomains')
    return { ...Object.fromEntries(fields) as SpreadConstraint, whenUnsatisfiable: 'ScheduleAnyway' }
  })
  // Two of one key and kind are refused.
  return loosened.filter((constraint, index) => loosened.findIndex(other =>
    other.topologyKey === constraint.topologyKey && other.whenUnsatisfiable === constraint.whenUnsatisfiable) === index)
}
