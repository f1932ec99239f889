import { WaylayError } from '../../common/errors.ts'
import type { OwnerReference } from '../../intercepts/top-controller.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import { createPlaces } from './places.ts'
import type { Pod } from './pods.ts'
import type { Workload } from './workload.ts'

/** A workload's object, as far as a copy is made from it. */
export type WorkloadObject = {
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReference[]
  }
  readonly spec?: {
    readonly template?: { readonly spec?: object }
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string }, readonly spec?: object }[]
    /** Of an Argo Rollout: the Deployment whose template it uses. */
    readonly workloadRef?: OwnerReference
  }
}

const APPS = { deployment: 'Deployment', statefulset: 'StatefulSet', daemonset: 'DaemonSet', replicaset: 'ReplicaSet' }

/**
 * Reads a workload's object, of whatever kind: which API a kind is in that we do not know stands in what its pods, or
 * their ReplicaSets, say of their owner.
 *
 * @param pods some of its pods.
 * @throws {WaylayError} `WAYLAY_FORBIDDEN`; `WAYLAY_COPY_UNFIT` where it cannot be found.
 */
export async function readWorkloadObject (
  cluster: Cluster, { id, namespace }: Workload, pods: readonly Pod[]
): Promise<WorkloadObject> {
  const [kind = '', name = ''] = id.split('/')
  const known = Object.entries(APPS).find(([lowerCase]) => lowerCase === kind)?.[1]
  const owner = known === undefined
    ? await findOwner(cluster, namespace, pods, kind, name)
    : { apiVersion: 'apps/v1', kind: known, name }
  const object = owner === undefined ? undefined : await read(cluster, namespace, owner)
  if (object === undefined) {
    throw new WaylayError('WAYLAY_COPY_UNFIT', `The object of ${id} cannot be found, so there is no pod template to copy`)
  }
  const reference = object.spec?.workloadRef
  if (object.spec?.template?.spec !== undefined || reference === undefined) return object
  const { spec } = await read(cluster, namespace, reference) ?? {}
  return { ...object, ...(spec !== undefined && { spec }) }
}

/** The one that the workload's `kind/name` means, among those above the pods. */
async function findOwner (
  cluster: Cluster, namespace: string, pods: readonly Pod[], kind: string, name: string
): Promise<OwnerReference | undefined> {
  const isIt = (owner: OwnerReference): boolean => owner.kind.toLowerCase() === kind && owner.name === name
  const owners = pods.flatMap(({ metadata }) => metadata.ownerReferences ?? [])
  const direct = owners.find(isIt)
  if (direct !== undefined) return direct
  const replicaSet = owners.find(owner => owner.kind === 'ReplicaSet')
  if (replicaSet === undefined) return undefined
  const { metadata } = await read(cluster, namespace, { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet.name }) ?? {}
  return metadata?.ownerReferences?.find(isIt)
}

async function read (
  cluster: Cluster, namespace: string, { apiVersion = 'apps/v1', kind, name }: OwnerReference
): Promise<WorkloadObject | undefined> {
  const place = apiVersion === 'apps/v1'
    ? placeInApps(namespace, kind, name)
    : await createPlaces(cluster).locate({ apiVersion, kind, metadata: { name, namespace } })
  if (place === undefined) return undefined
  const { status, body } = await callApi(cluster, { ...place, verb: 'get', expected: [404] })
  return status === 404 ? undefined : body as WorkloadObject
}

function placeInApps (namespace: string, kind: string, name: string) {
  const plural = `${kind.toLowerCase()}s`
  return { resource: `${plural}.apps`, namespace, name, path: `/apis/apps/v1/namespaces/${namespace}/${plural}/${name}` }
}
