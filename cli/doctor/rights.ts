import type { Right } from '../cluster/access-review.ts'

/** Rights on one resource, asked one by one and told together. */
export type RightsOn = {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly verbs: readonly string[]
  /** Undefined: `intercept` cannot do without. */
  readonly optional?: string
}

/** What docs/rights.md asks for; a test holds the needed ones to the ClusterRole `waylay-developer`. */
export const RIGHTS: readonly RightsOn[] = [
  { group: '', resource: 'pods', verbs: ['list', 'watch'] },
  { group: 'waylay.dev', resource: 'intercepts', verbs: ['create', 'get', 'list', 'watch', 'update', 'delete'] },
  { group: 'waylay.dev', resource: 'intercepts', subresource: 'status', verbs: ['patch'] },
  { group: 'apps', resource: 'deployments', verbs: ['get'], optional: 'naming a Deployment' },
  { group: 'apps', resource: 'statefulsets', verbs: ['get'], optional: 'naming a StatefulSet' },
  { group: 'apps', resource: 'daemonsets', verbs: ['get'], optional: 'naming a DaemonSet' },
  { group: '', resource: 'services', verbs: ['list'], optional: 'naming a Service, and the check of the callers\' way' },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'], optional: 'waylay logs' },
  { group: '', resource: 'configmaps', verbs: ['get'], optional: 'waylay env, --env-file, --mount' },
  { group: '', resource: 'secrets', verbs: ['get'], optional: 'waylay env, --env-file, --mount' },
  { group: 'waylay.dev', resource: 'intercepts', verbs: ['global'], optional: '--global' },
  { group: 'waylay.dev', resource: 'intercepts', verbs: ['takeover'], optional: '--take-over from somebody who is there' }
]

/** Kubernetes before 1.35 asks for `get`, later versions for `create`. */
export const PORT_FORWARD: RightsOn = {
  group: '', resource: 'pods', subresource: 'portforward', verbs: ['create', 'get']
}

export function rightsOf ({ group, resource, subresource, verbs }: RightsOn): readonly Right[] {
  return verbs.map(verb => ({ verb, group, resource, ...(subresource !== undefined && { subresource }) }))
}

/** `pods/portforward`, `intercepts.waylay.dev/status`. */
export function nameOf ({ group, resource, subresource }: RightsOn): string {
  return `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`
}
