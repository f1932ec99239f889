import { ANNOTATIONS, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { parseInjectionStatus, type InjectionStatus } from '../../common/injected.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import { followList, type ListOf } from './watch.ts'
import type { WaylayError } from '../../common/errors.ts'
import type { Workload } from './workloads.ts'

type ContainerStatus = {
  readonly name: string
  readonly state?: {
    readonly running?: object
    readonly waiting?: { readonly reason?: string, readonly message?: string }
  }
}

/** A pod, as far as we read it. */
export type Pod = {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
    readonly resourceVersion?: string
  }
  readonly spec?: { readonly initContainers?: readonly { readonly name: string }[] }
  readonly status?: {
    readonly phase?: string
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

/** Lists the pods that may be the workload's; `isPodOf` has the last word. */
export async function listPods (cluster: Cluster, workload: Workload): Promise<ListOf<Pod>> {
  const asked = { verb: 'list', resource: 'pods', namespace: workload.namespace } as const
  return (await callApi(cluster, { ...asked, path: podsPath(workload) })).body as ListOf<Pod>
}

/** Follows the workload's pods until the signal. */
export async function followPods (cluster: Cluster, workload: Workload, options: {
  readonly from: ListOf<Pod>
  readonly signal: AbortSignal
  readonly onChange: (pods: ReadonlyMap<string, Pod>) => void
  readonly onTrouble: (error: WaylayError) => void
}): Promise<void> {
  const asked = { verb: 'watch', resource: 'pods', namespace: workload.namespace } as const
  await followList(cluster, { ...options, asked, path: podsPath(workload) })
}

/** What the webhook wrote into the pod; undefined where it did not, or where we cannot read it. */
export function injectionOf (pod: Pod): InjectionStatus | undefined {
  const text = pod.metadata.annotations?.[ANNOTATIONS.status]
  if (text === undefined) return undefined
  try {
    return parseInjectionStatus(text)
  } catch {
    return undefined
  }
}

/** Whether the proxy in the pod runs and the pod is not on its way out. */
export function isReachable (pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false
  const proxy = pod.status?.initContainerStatuses?.find(({ name }) => name === PROXY_CONTAINER_NAME)
  return proxy?.state?.running !== undefined
}

function podsPath ({ namespace, podQuery }: Workload): string {
  return `/api/v1/namespaces/${namespace}/pods${podQuery && `?${podQuery}`}`
}

/** How many pods of each namespace carry the proxy, for those that have any. */
export async function countInjectedPods (cluster: Cluster): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  let next = ''
  do {
    const path = `/api/v1/pods?limit=500${next && `&continue=${encodeURIComponent(next)}`}`
    const { body } = await callApi(cluster, { verb: 'list', resource: 'pods', path })
    const page = body as { readonly metadata: { readonly continue?: string }, readonly items: readonly Pod[] }
    for (const { metadata } of page.items.filter(pod => injectionOf(pod) !== undefined)) {
      counts.set(metadata.namespace, (counts.get(metadata.namespace) ?? 0) + 1)
    }
    next = page.metadata.continue ?? ''
  } while (next !== '')
  return counts
}
