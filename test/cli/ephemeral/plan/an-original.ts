import type { Original } from '../../../../cli/ephemeral/plan/original.ts'
import type { PodTemplate, TemplateContainer } from '../../../../cli/ephemeral/plan/pod-template.ts'

/** An original in namespace `shop` with these containers. */
export function anOriginal (
  id: string, containers: readonly TemplateContainer[], spec: Partial<PodTemplate['spec']> = {}
): Original {
  return {
    wanted: { name: id.split('/')[1] ?? '' },
    workload: { id, namespace: 'shop', podQuery: '' },
    template: { metadata: { labels: { app: id } }, spec: { ...spec, containers } },
    claimTemplates: [],
    claims: new Map(),
    injected: []
  }
}
