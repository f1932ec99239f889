import type { OwnerReference } from '../../intercepts/top-controller.ts'

/**
 * The fields of a pod that injection reads. Everything else stays `unknown` and is never written again: the patch adds
 * to the pod as it came.
 */
export type Pod = {
  readonly metadata?: {
    readonly name?: string
    readonly generateName?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReference[]
  }
  readonly spec: {
    readonly containers: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly volumes?: readonly { readonly name: string, readonly emptyDir?: object }[]
    readonly imagePullSecrets?: readonly { readonly name: string }[]
    readonly hostNetwork?: boolean
    readonly runtimeClassName?: string
    readonly os?: { readonly name: string }
    readonly nodeSelector?: Readonly<Record<string, string>>
    readonly resources?: Resources
    readonly overhead?: Resources['limits']
    readonly activeDeadlineSeconds?: number
  }
}

export type Container = {
  readonly name: string
  readonly restartPolicy?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly ports?: readonly ContainerPort[]
  readonly env?: readonly EnvironmentVariable[]
  readonly envFrom?: readonly { readonly prefix?: string }[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly resources?: Resources
  readonly livenessProbe?: Handler
  readonly readinessProbe?: Handler
  readonly startupProbe?: Handler
  readonly lifecycle?: { readonly postStart?: Handler, readonly preStop?: Handler }
}

export type ContainerPort = { readonly containerPort: number, readonly name?: string, readonly protocol?: string }

export type EnvironmentVariable = {
  readonly name: string
  readonly value?: string
  /** One member, by the kind of the source: `configMapKeyRef`, `fieldRef` and so on. */
  readonly valueFrom?: Readonly<Record<string, { readonly optional?: boolean } | undefined>>
}

export type VolumeMount = { readonly name: string, readonly mountPath: string, readonly readOnly?: boolean }

export type Resources = {
  readonly requests?: Readonly<Record<string, string>>
  readonly limits?: Readonly<Record<string, string>>
}

/** A probe or a lifecycle hook. */
export type Handler = {
  readonly httpGet?: { readonly port: number | string, readonly host?: string }
  readonly tcpSocket?: { readonly port: number | string, readonly host?: string }
  readonly grpc?: { readonly port: number }
}

/** A container with its place in the pod, as a JSON pointer. */
export type PlacedContainer = { readonly path: string, readonly container: Container }

/**
 * Checks at the door that this is a pod at all. The API server has checked the rest before it asks us.
 *
 * @throws {TypeError} naming what is missing.
 */
export function readPod (value: unknown): Pod {
  const containers = (value as { spec?: { containers?: unknown } } | null)?.spec?.containers
  if (!Array.isArray(containers) || containers.length === 0) throw new TypeError('The object has no spec.containers')
  return value as Pod
}

/** The containers that run as long as the pod does: the app's own and native sidecars, but no plain init container. */
export function runningContainers (pod: Pod): readonly PlacedContainer[] {
  return placedContainers(pod).filter(({ path, container }) =>
    !path.startsWith('/spec/initContainers') || container.restartPolicy === 'Always')
}

/** Every container with its place: init containers last. */
export function placedContainers ({ spec }: Pod): readonly PlacedContainer[] {
  const place = (list: string, containers: readonly Container[] | null | undefined): PlacedContainer[] =>
    (containers ?? []).map((container, index) => ({ path: `/spec/${list}/${index}`, container }))
  return [...place('containers', spec.containers), ...place('initContainers', spec.initContainers)]
}

/** Every container, in the order in which the pod names them: init containers last. */
export function allContainers (pod: Pod): readonly Container[] {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
}
