import type { Resources } from './pod.ts'

/** What the plan depends on besides the pod. */
export type InjectionContext = {
  /** From the request: the pod's own field may still be empty at admission. */
  readonly namespace: string
  readonly namespaceLabels: Readonly<Record<string, string>>
  /** Defaults for the pod's annotations. */
  readonly namespaceAnnotations: Readonly<Record<string, string>>
  /** Where waylay itself lives. */
  readonly systemNamespace: string
  readonly sidecar: SidecarImage
  /** The image of `waylay.dev/propagate`, where the webhook was told one. */
  readonly propagate?: SidecarImage
  /** Secret of the pod's namespace by which our images are pulled, where they need one. */
  readonly pullSecret?: string
  /** Ed25519 public key that signs tickets: SubjectPublicKeyInfo, DER, base64. */
  readonly ticketKey: string
  /** The review's uid: the value of `INJECTED_LABEL`. */
  readonly admissionId: string
  /** Numeric targetPorts of Services that select the pod. */
  readonly servicePorts: readonly number[]
  /** What those Services say that a port speaks, by targetPort: a number, or the name of a containerPort. */
  readonly serviceProtocols?: Readonly<Record<string, string>>
  readonly cluster: ClusterFacts
  /** Of the pod's namespace. */
  readonly limitRanges: readonly LimitRange[]
  /** Of the pod's namespace. */
  readonly quotas: readonly Quota[]
  /** Why this pod goes through without us for now: its owner's last one was refused with us, and the like. */
  readonly bypass?: Bypass
}

export type SidecarImage = { readonly image: string, readonly imagePullPolicy: string }

/** What the cluster is, as far as it decides about injection. Unknown counts as good enough. */
export type ClusterFacts = {
  /** Of the API server. */
  readonly kubernetes?: { readonly major: number, readonly minor: number }
  /** The node with the oldest kubelet. */
  readonly oldestNode?: { readonly name: string, readonly major: number, readonly minor: number }
  /** `security.openshift.io` is served: no fixed uid there. */
  readonly isOpenShift: boolean
}

/** A LimitRange (core/v1), as far as we read it. Quantities are Kubernetes' own text. */
export type LimitRange = {
  readonly name: string
  readonly limits: readonly {
    readonly type: string
    readonly max?: Quantities
    readonly min?: Quantities
    readonly default?: Quantities
    readonly defaultRequest?: Quantities
    readonly maxLimitRequestRatio?: Quantities
  }[]
}

/** A ResourceQuota (core/v1), as far as we read it. */
export type Quota = {
  readonly name: string
  readonly scopes: readonly string[]
  readonly hasScopeSelector: boolean
  readonly hard: Quantities
  readonly used: Quantities
}

export type Quantities = NonNullable<Resources['limits']>

/** For how long, and since what, pods go through without us. */
export type Bypass = { readonly why: string, readonly untilMs: number }
