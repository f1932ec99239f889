import { INJECTED_LABEL, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { stuckIn, type StuckStatus } from '../bypass/stuck.ts'
import type { InjectedPod, StuckPod } from '../bypass/stuck-pods.ts'
import type { Source } from '../facts/follow.ts'
import { subjectOf, type OwnedPod } from '../subject.ts'
import { isStatus, type Cluster } from './client.ts'
import { sourceOf, type ApiObject } from './source.ts'

type PodObject = ApiObject & {
  readonly metadata: OwnedPod & { readonly deletionTimestamp?: string }
  readonly spec?: { readonly initContainers?: readonly { readonly name: string, readonly image?: string }[] }
  readonly status?: StuckStatus
}
type PodList = { readonly items?: readonly PodObject[] }

/** All pods that carry our containers. */
export function injectedPods (cluster: Cluster): Source<InjectedPod> {
  return sourceOf(cluster, { path: '/api/v1/pods', query: { labelSelector: INJECTED_LABEL }, read: readInjectedPod })
}

/** Which of these admissions have a pod, asked of the API server itself. */
export async function listIds (
  { raw }: Cluster, namespace: string, ids: readonly string[]
): Promise<readonly string[]> {
  const labelSelector = `${INJECTED_LABEL} in (${ids.join(',')})`
  const { items = [] } = await raw.get(`/api/v1/namespaces/${namespace}/pods`, { labelSelector }) as PodList
  return items.map(({ metadata }) => metadata.labels?.[INJECTED_LABEL] ?? '')
}

/** Whether there is a pod of that name. A list, because that is the verb we have. */
export async function hasPod ({ raw }: Cluster, namespace: string, name: string): Promise<boolean> {
  const query = { fieldSelector: `metadata.name=${name}`, limit: 1 }
  const { items = [] } = await raw.get(`/api/v1/namespaces/${namespace}/pods`, query) as PodList
  return items.length > 0
}

/** Deletes a pod as long as it is the very version that was seen. False when it is another by now, or gone. */
export async function deletePod ({ core }: Cluster, { subject, name, uid, version }: StuckPod): Promise<boolean> {
  try {
    const preconditions = { uid, resourceVersion: version }
    await core.deleteNamespacedPod({ namespace: subject.namespace, name, body: { preconditions } })
    return true
  } catch (error) {
    if (isStatus(error, 404) || isStatus(error, 409)) return false
    throw error
  }
}

function readInjectedPod (object: ApiObject): InjectedPod {
  const { metadata, spec, status } = object as PodObject
  const stuck = stuckIn(status ?? {})
  return {
    uid: metadata.uid ?? '',
    version: metadata.resourceVersion ?? '',
    name: metadata.name ?? '',
    id: metadata.labels?.[INJECTED_LABEL] ?? '',
    subject: subjectOf(metadata, object.metadata.namespace ?? ''),
    image: spec?.initContainers?.find(({ name }) => name === PROXY_CONTAINER_NAME)?.image ?? '',
    isDeleting: metadata.deletionTimestamp !== undefined,
    ...(stuck !== undefined && { stuck })
  }
}
