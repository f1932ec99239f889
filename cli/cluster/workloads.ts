import { WaylayError } from '../../common/errors.ts'
import { WORKLOAD_KINDS, type WorkloadKind, type WorkloadName } from '../workload-name.ts'
import { callApi } from './api.ts'
import { toRefusal, type ApiStatus } from './api-failure.ts'
import type { Cluster } from './kubeconfig.ts'

/** A workload as it is: its top controller, and how to find its pods. */
export type Workload = {
  /** `kind/name` of the top controller, kind in lower case: what the webhook wrote into the pods. */
  readonly id: string
  readonly namespace: string
  /** Query of the pod list that holds all its pods: a label selector, a field selector or nothing. */
  readonly podQuery: string
}

type Owner = { readonly kind: string, readonly name: string, readonly controller?: boolean }

type WorkloadObject = {
  readonly metadata: { readonly name: string, readonly ownerReferences?: readonly Owner[] }
  readonly spec?: { readonly selector?: LabelSelector }
}

type LabelSelector = {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly LabelRequirement[]
}

type LabelRequirement = { readonly key: string, readonly operator: string, readonly values?: readonly string[] }

type Found = { readonly kind: WorkloadKind, readonly object: WorkloadObject }

/**
 * Finds the workload the user means, and climbs from a pod or ReplicaSet to the controller on top of it.
 *
 * @throws {WaylayError} `WAYLAY_WORKLOAD_UNKNOWN`, also where the name fits several kinds; `WAYLAY_FORBIDDEN`.
 */
export async function findWorkload (cluster: Cluster, namespace: string, wanted: WorkloadName): Promise<Workload> {
  const kinds = wanted.kind === undefined ? WORKLOAD_KINDS : [wanted.kind]
  const results = await Promise.all(kinds.map(async kind => await getObject(cluster, namespace, kind, wanted.name)))
  const found = results.filter(result => 'object' in result)
  const [first, ...others] = found
  if (first !== undefined && others.length > 0) {
    const names = found.map(({ kind }) => `${kind}/${wanted.name}`)
    throw new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `"${wanted.name}" fits several workloads in namespace "${namespace}": ${names.join(', ')}`,
      { hint: `Name one with its kind, for example: waylay intercept ${names[0] ?? ''}` })
  }
  if (first !== undefined) return await climb(cluster, namespace, first)
  // A role that names some kinds only is common: a refusal counts only where nothing else was found.
  const refused = results.find(result => 'refused' in result)
  if (refused !== undefined) throw refused.refused
  const what = wanted.kind === undefined ? `workload "${wanted.name}"` : `${wanted.kind} "${wanted.name}"`
  throw new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `There is no ${what} in namespace "${namespace}"`,
    { hint: `List what is there: kubectl -n ${namespace} get deployments,statefulsets,daemonsets,pods` })
}

async function climb (cluster: Cluster, namespace: string, { kind, object }: Found): Promise<Workload> {
  const owner = object.metadata.ownerReferences?.find(reference => reference.controller === true)
  if (owner === undefined || (kind !== 'pod' && kind !== 'replicaset')) {
    return { id: `${kind}/${object.metadata.name}`, namespace, podQuery: podQuery(kind, object) }
  }
  const ownerKind = WORKLOAD_KINDS.find(known => known === owner.kind.toLowerCase())
  if (ownerKind !== undefined) {
    const above = await getObject(cluster, namespace, ownerKind, owner.name)
    if ('object' in above) return await climb(cluster, namespace, above)
  }
  // A controller we do not know, or may not read: its pods are recognised by what the webhook wrote into them.
  return { id: `${owner.kind.toLowerCase()}/${owner.name}`, namespace, podQuery: '' }
}

async function getObject (
  cluster: Cluster, namespace: string, kind: WorkloadKind, name: string
): Promise<Found | { readonly refused: WaylayError } | { readonly missing: true }> {
  const prefix = kind === 'pod' ? '/api/v1' : '/apis/apps/v1'
  const asked = { verb: 'get', resource: kind === 'pod' ? 'pods' : `${kind}s.apps`, namespace, name } as const
  const path = `${prefix}/namespaces/${namespace}/${kind}s/${name}`
  const { status, body } = await callApi(cluster, { ...asked, path, expected: [403, 404] })
  if (status === 403) return { refused: toRefusal(status, body as ApiStatus, asked) }
  if (status === 404) return { missing: true }
  return { kind, object: body as WorkloadObject }
}

function podQuery (kind: WorkloadKind, object: WorkloadObject): string {
  if (kind === 'pod') return `fieldSelector=${encodeURIComponent(`metadata.name=${object.metadata.name}`)}`
  const selector = object.spec?.selector
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In': return `${key} in (${values.join(',')})`
      case 'NotIn': return `${key} notin (${values.join(',')})`
      case 'Exists': return key
      case 'DoesNotExist': return `!${key}`
      default: throw new WaylayError('WAYLAY_INTERNAL', `Unknown selector operator "${operator}" in ${kind}/${object.metadata.name}`)
    }
  })
  return `labelSelector=${encodeURIComponent([...labels, ...expressions].join(','))}`
}
