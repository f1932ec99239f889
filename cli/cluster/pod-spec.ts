import type { Pod } from './pods.ts'

// The pod as the API server hands it out, as far as a container's environment and files follow from it. Field names
// are Kubernetes' own.

export type KeyRef = { readonly name?: string, readonly key: string, readonly optional?: boolean }
export type NameRef = { readonly name?: string, readonly optional?: boolean }
export type FieldRef = { readonly fieldPath: string, readonly apiVersion?: string }
export type ResourceFieldRef = {
  readonly resource: string
  readonly containerName?: string
  readonly divisor?: string | number
}

export type EnvVar = {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly configMapKeyRef?: KeyRef
    readonly secretKeyRef?: KeyRef
    readonly fieldRef?: FieldRef
    readonly resourceFieldRef?: ResourceFieldRef
    readonly fileKeyRef?: { readonly volumeName: string, readonly path: string, readonly key: string }
  }
}

export type EnvFrom = { readonly prefix?: string, readonly configMapRef?: NameRef, readonly secretRef?: NameRef }

/** Quantities by resource name: `{ cpu: "500m" }`. */
export type Quantities = Readonly<Record<string, string | number>>

export type Resources = { readonly limits?: Quantities, readonly requests?: Quantities }

export type VolumeMount = {
  readonly name: string
  readonly mountPath: string
  readonly subPath?: string
  readonly subPathExpr?: string
}

export type Container = {
  readonly name: string
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFrom[]
  readonly ports?: readonly { readonly containerPort: number, readonly name?: string }[]
  readonly resources?: Resources
  readonly volumeMounts?: readonly VolumeMount[]
}

export type KeyToPath = { readonly key: string, readonly path: string, readonly mode?: number }

export type ObjectSource = NameRef & { readonly items?: readonly KeyToPath[] }

export type DownwardFile = {
  readonly path: string
  readonly mode?: number
  readonly fieldRef?: FieldRef
  readonly resourceFieldRef?: ResourceFieldRef
}

export type DownwardSource = { readonly items?: readonly DownwardFile[] }

export type TokenSource = { readonly path: string, readonly audience?: string, readonly expirationSeconds?: number }

export type ProjectedSource = {
  readonly configMap?: ObjectSource
  readonly secret?: ObjectSource
  readonly downwardAPI?: DownwardSource
  readonly serviceAccountToken?: TokenSource
}

type WithMode = { readonly defaultMode?: number }

export type Volume = {
  readonly name: string
  readonly configMap?: ObjectSource & WithMode
  readonly secret?: Omit<ObjectSource, 'name'> & WithMode & { readonly secretName?: string }
  readonly downwardAPI?: DownwardSource & WithMode
  readonly projected?: WithMode & { readonly sources?: readonly ProjectedSource[] | null }
  /** `emptyDir`, `persistentVolumeClaim` and whatever else there is. */
  readonly [kind: string]: unknown
}

export type PodSpec = {
  readonly nodeName?: string
  readonly serviceAccountName?: string
  readonly enableServiceLinks?: boolean
  readonly restartPolicy?: string
  readonly schedulerName?: string
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  /** Of the whole pod, since Kubernetes 1.34. */
  readonly resources?: Resources
}

export type PodStatus = {
  readonly phase?: string
  readonly hostIP?: string
  readonly hostIPs?: readonly { readonly ip: string }[]
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly containerStatuses?: readonly RunState[]
  readonly initContainerStatuses?: readonly RunState[]
}

type RunState = { readonly name: string, readonly state?: { readonly running?: { readonly startedAt?: string } } }

/** The same object as `Pod`, read further. */
export type PodDetail = {
  readonly metadata: Pod['metadata'] & { readonly creationTimestamp?: string }
  readonly spec: PodSpec
  readonly status: PodStatus
}

/** Everything of the pod: lists and watches bring whole objects. */
export function detailOf (pod: Pod): PodDetail {
  const { metadata, spec, status } = pod as Partial<PodDetail> & Pick<PodDetail, 'metadata'>
  return { metadata, spec: { ...spec, containers: spec?.containers ?? [] }, status: status ?? {} }
}

/** Any container of the pod by its name. */
export function findContainer ({ spec }: PodDetail, name: string): Container | undefined {
  return [...spec.containers, ...spec.initContainers ?? []].find(container => container.name === name)
}

/** When the container that runs now was started; undefined where none runs. */
export function startedAtMs ({ status }: PodDetail, container: string): number | undefined {
  const states = [...status.containerStatuses ?? [], ...status.initContainerStatuses ?? []]
  const startedAt = states.find(({ name }) => name === container)?.state?.running?.startedAt
  return startedAt === undefined ? undefined : Date.parse(startedAt)
}
