import type { PodTemplate } from './pod-template.ts'

/**
 * The original's template without readiness gates: who opens them, a load balancer for example, does so for the pods
 * that it knows, and the copy would never be ready.
 *
 * @param id `kind/name` of the original.
 */
export function copyGates (id: string, template: PodTemplate) {
  const { readinessGates = [], ...spec } = template.spec
  if (readinessGates.length === 0) return { template, warnings: [] }
  const names = readinessGates.map(({ conditionType }) => conditionType).join(', ')
  return {
    template: { ...template, spec },
    warnings: [`The copy of ${id} does not wait for the readiness gates of ${id}: ${names}.`]
  }
}
