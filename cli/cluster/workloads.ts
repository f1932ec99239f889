import { WaylayError } from '../../common/errors.ts'
import { topController, type OwnerReference } from '../../intercepts/top-controller.ts'
import { WORKLOAD_KINDS, type WorkloadKind, type WorkloadName } from '../workload-name.ts'
import { callApi } from './api.ts'
import { toRefusal, type ApiStatus } from './api-failure.ts'
import type { Cluster } from './kubeconfig.ts'
import { workloadIdOf, type Pod } from './pods.ts'
import { selectorQuery, type LabelSelector } from './selector.ts'
import type { Workload } from './workload.ts'

type WorkloadObject = {
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReference[]
  }
  readonly spec?: { readonly selector?: LabelSelector }
}

type Found = { readonly kind: WorkloadKind, readonly object: WorkloadObject }

/**
 * Finds the workload the user means among the kinds we know, and climbs from a pod or ReplicaSet to the controller on
 * top of it. Undefined when there is none.
 *
 * @throws {WaylayError} `WAYLAY_WORKLOAD_UNKNOWN` where the name fits several kinds; `WAYLAY_FORBIDDEN`.
 */
export async function findKnownWorkload (
  cluster: Cluster, namespace: string, wanted: WorkloadName
): Promise<Workload | undefined> {
  const kinds = WORKLOAD_KINDS.filter(kind => wanted.kind === undefined || wanted.kind === kind)
  const results = await Promise.all(kinds.map(async kind => await getObject(cluster, namespace, kind, wanted.name)))
  const found = results.filter(result => 'object' in result)
  const [first, ...others] = found
  if (first !== undefined && others.length > 0) {
    throw ambiguous(namespace, wanted, found.map(({ kind }) => `${kind}/${wanted.name}`))
  }
  if (first !== undefined) return await climb(cluster, namespace, first)
  // A role that names some kinds only is common: a refusal counts only where nothing else was found.
  const refused = results.find(result => 'refused' in result)
  if (refused !== undefined) throw refused.refused
  return undefined
}

/** The workload of that `kind/name` as it is now, with today's selector. Undefined when a kind we know is not there. */
export async function readWorkload (cluster: Cluster, namespace: string, id: string): Promise<Workload | undefined> {
  const [kind, name = ''] = id.split('/')
  const known = WORKLOAD_KINDS.find(item => item === kind)
  // Of a kind we do not know, its pods are recognised by what the webhook wrote into them.
  if (known === undefined) return { id, namespace, podQuery: '' }
  const above = await getObject(cluster, namespace, known, name)
  if ('missing' in above) return undefined
  return { id, namespace, podQuery: 'object' in above ? podQuery(above) : '' }
}

export function ambiguous (namespace: string, { name }: WorkloadName, ids: readonly string[]): WaylayError {
  return new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `"${name}" fits several workloads in namespace "${namespace}": ${ids.join(', ')}`,
    { hint: `Name one with its kind, for example: waylay intercept ${ids[0] ?? ''}` })
}

export function throwUnknown (namespace: string, { kind, name }: WorkloadName): never {
  const isKnown = kind === undefined || WORKLOAD_KINDS.some(known => known === kind)
  const what = kind === undefined ? `workload "${name}"` : `${kind} "${name}"`
  if (isKnown) {
    throw new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `There is no ${what} in namespace "${namespace}"`,
      { hint: `List what is there, or name another namespace with -n: kubectl -n ${namespace} get deployments,statefulsets,daemonsets,pods` })
  }
  throw new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `No pod in namespace "${namespace}" belongs to the ${what}`,
    { hint: `See who made the pods: kubectl -n ${namespace} get pods -o custom-columns=NAME:.metadata.name,KIND:.metadata.ownerReferences[0].kind,OWNER:.metadata.ownerReferences[0].name` })
}

async function climb (cluster: Cluster, namespace: string, found: Found): Promise<Workload> {
  const id = idOf(found)
  if (id === `${found.kind}/${found.object.metadata.name}`) return { id, namespace, podQuery: podQuery(found) }
  // Gone, while what it made is still there: recognised by what the webhook wrote.
  return await readWorkload(cluster, namespace, id) ?? { id, namespace, podQuery: '' }
}

/** The top controller, by the rule of the webhook. */
function idOf ({ kind, object }: Found): string {
  if (kind === 'pod') return workloadIdOf(object as Pod)
  const { name, labels = {} } = object.metadata
  const self = { kind, name, controller: true }
  return kind === 'replicaset' ? topController({ labels, ownerReferences: [self] }) ?? '' : `${kind}/${name}`
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

function podQuery ({ kind, object }: Found): string {
  if (kind === 'pod') return `fieldSelector=${encodeURIComponent(`metadata.name=${object.metadata.name}`)}`
  return selectorQuery(object.spec?.selector)
}
