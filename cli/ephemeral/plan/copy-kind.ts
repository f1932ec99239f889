import type { PodTemplate } from './pod-template.ts'

/**
 * What is different because a copy is a Deployment with one pod, whatever its original is.
 *
 * @param id `kind/name` of the original.
 */
export function copyKind (id: string, template: PodTemplate) {
  switch (id.split('/')[0] ?? '') {
    case 'daemonset': return {
      template: onOneNode(template),
      warnings: [`${id} has a pod on every node; its copy is one pod on one of them.`]
    }
    case 'statefulset': return {
      template,
      warnings: [`The copy of ${id} is a Deployment: its pod has no number and no name of its own in the DNS.`]
    }
    default: return { template, warnings: [] }
  }
}

/** What tolerates everything would also be put onto a node that is going, or is not there. */
function onOneNode (template: PodTemplate): PodTemplate {
  const { tolerations } = template.spec
  if (tolerations === undefined) return template
  return { ...template, spec: { ...template.spec, tolerations: tolerations.filter(({ key = '' }) => key !== '') } }
}
