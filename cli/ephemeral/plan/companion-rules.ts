import { API_GROUP, ENVIRONMENTS_PLURAL, INTERCEPTS_PLURAL } from '../../../common/contract.ts'
import type { CopyPlan } from './environment-plan.ts'

/** One rule of a Role. */
export type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

// An app's own ServiceAccount has none of these, and whoever makes the Role must have all of them.
const READABLE = ['deployment', 'statefulset', 'daemonset', 'replicaset']

/**
 * What a companion may do: hold its own Intercepts, whose names are known beforehand, and reach the pods they are put
 * on. A right to create, and one to a pod that is yet to be made, cannot be bound to a name.
 */
export function companionRules (environment: string, copies: readonly CopyPlan[]): readonly Rule[] {
  const resourceNames = copies.flatMap(({ ports }) => ports.map(({ intercept }) => intercept))
  const workloads = READABLE.flatMap((kind): readonly Rule[] => {
    const names = copies.map(({ original }) => original.id.split('/')).filter(([its]) => its === kind).map(([, name = '']) => name)
    return names.length === 0 ? [] : [{ apiGroups: ['apps'], resources: [`${kind}s`], resourceNames: names, verbs: ['get'] }]
  })
  return [
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create', 'get'] },
    ...workloads,
    { apiGroups: [API_GROUP], resources: [INTERCEPTS_PLURAL], verbs: ['create'] },
    {
      apiGroups: [API_GROUP],
      resources: [INTERCEPTS_PLURAL],
      resourceNames,
      verbs: ['get', 'list', 'watch', 'update', 'delete']
    },
    { apiGroups: [API_GROUP], resources: [`${INTERCEPTS_PLURAL}/status`], resourceNames, verbs: ['patch'] },
    // Some API servers ask for it of who makes something that is to go before its owner.
    { apiGroups: [API_GROUP], resources: [`${ENVIRONMENTS_PLURAL}/finalizers`], resourceNames: [environment], verbs: ['update'] }
  ]
}
