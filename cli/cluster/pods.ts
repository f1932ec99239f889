import { ANNOTATIONS, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import type { WaylayError } from '../../common/errors.ts'
import { parseInjectionStatus, type InjectionStatus } from '../../common/injected.ts'
import { topController, type OwnerReference } from '../../intercepts/top-controller.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import { followList, type ListOf } from './watch.ts'
import type { Workload } from './workload.ts'

/** What the kubelet says of one container. */
export type ContainerStatus = {
  readonly name: string
  readonly image?: string
  readonly restartCount?: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

export type ContainerState = {
  readonly running?: { readonly startedAt?: string }
  readonly waiting?: { readonly reason?: string, readonly message?: string }
  readonly terminated?: {
    readonly exitCode?: number
    readonly reason?: string
    /** For `waylay-init`: why it wrote no rules, or what it wrote. */
    readonly message?: string
    readonly finishedAt?: string
  }
}

type Container = {
  readonly name: string
  readonly image?: string
  readonly imagePullPolicy?: string
  readonly restartPolicy?: string
  readonly ports?: readonly DeclaredPort[]
  readonly env?: readonly { readonly name: string, readonly value?: string }[]
}

/** A port as a container declares it. */
export type DeclaredPort = { readonly containerPort: number, readonly name?: string, readonly protocol?: string }

/** A pod, as far as we read it. */
export type Pod = {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReference[]
    readonly deletionTimestamp?: string
    readonly resourceVersion?: string
  }
  readonly spec?: { readonly containers?: readonly Container[], readonly initContainers?: readonly Container[] }
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

/** Undefined when there is none. */
export async function getPod (cluster: Cluster, namespace: string, name: string): Promise<Pod | undefined> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`
  const { status, body } = await callApi(cluster, { verb: 'get', resource: 'pods', namespace, name, path, expected: [404] })
  return status === 404 ? undefined : body as Pod
}

/** Lists the pods that may be the workload's; `isPodOf` has the last word. */
export async function listPods (cluster: Cluster, workload: Workload): Promise<ListOf<Pod>> {
  return await listPodsBy(cluster, workload.namespace, workload.podQuery)
}

/** Lists pods of a namespace. @param query a label selector, a field selector, or nothing for all. */
export async function listPodsBy (cluster: Cluster, namespace: string, query: string): Promise<ListOf<Pod>> {
  const { body } = await callApi(cluster, { verb: 'list', resource: 'pods', namespace, path: podsPath(namespace, query) })
  return body as ListOf<Pod>
}

/** Follows the pods that may be the workload's until the signal. */
export async function followPods (cluster: Cluster, { namespace, podQuery }: Workload, options: {
  readonly from: ListOf<Pod>
  readonly signal: AbortSignal
  readonly onChange: (pods: ReadonlyMap<string, Pod>) => void
  readonly onTrouble: (error: WaylayError) => void
}): Promise<void> {
  const asked = { verb: 'watch', resource: 'pods', namespace } as const
  await followList(cluster, { ...options, asked, path: podsPath(namespace, podQuery) })
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

/**
 * `kind/name` of the workload that the pod counts to: what the webhook wrote into it, or would have written. A bare
 * pod's name was not known to the webhook where the API server made it up.
 */
export function workloadIdOf (pod: Pod): string {
  const written = injectionOf(pod)?.workload ?? topController(pod.metadata)
  return written === undefined || written.startsWith('pod/') ? `pod/${pod.metadata.name}` : written
}

/** Whether the webhook put the proxy into the pod and counts the pod to this workload. */
export function isPodOf (workload: Pick<Workload, 'id'>, pod: Pod): boolean {
  return injectionOf(pod) !== undefined && workloadIdOf(pod) === workload.id
}

/** Whether the pod has ended or is on its way out. */
export function isOver ({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** Whether the proxy in the pod runs and the pod is not on its way out. */
export function isReachable (pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false
  const proxy = pod.status?.initContainerStatuses?.find(({ name }) => name === PROXY_CONTAINER_NAME)
  return proxy?.state?.running !== undefined
}

/** The ports of every protocol that the app's containers declare: those which run as long as the pod does. */
export function declaredPorts ({ spec }: Pod): readonly DeclaredPort[] {
  const sidecars = spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? []
  return [...spec?.containers ?? [], ...sidecars]
    .filter(({ name }) => name !== PROXY_CONTAINER_NAME)
    .flatMap(({ ports = [] }) => ports)
}

function podsPath (namespace: string, query: string): string {
  return `/api/v1/namespaces/${namespace}/pods${query && `?${query}`}`
}
