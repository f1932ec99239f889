import type { EnvFrom, EnvVar, VolumeMount } from '../../cluster/pod-spec.ts'
import type { LabelSelector } from '../../cluster/selector.ts'

// A pod template as the API server hands it out, as far as a copy differs from it. What is not named here goes through
// as it is, also fields of later Kubernetes versions.

export type Labels = Readonly<Record<string, string>>

export type PodTemplate = {
  readonly metadata?: { readonly labels?: Labels, readonly annotations?: Labels, readonly [field: string]: unknown }
  readonly spec: TemplateSpec
}

export type TemplateSpec = {
  readonly containers: readonly TemplateContainer[]
  readonly initContainers?: readonly TemplateContainer[]
  readonly volumes?: readonly TemplateVolume[]
  readonly affinity?: Affinity
  readonly topologySpreadConstraints?: readonly SpreadConstraint[]
  readonly imagePullSecrets?: readonly { readonly name?: string }[]
  readonly tolerations?: readonly Toleration[]
  readonly nodeSelector?: Labels
  readonly hostNetwork?: boolean
  readonly readinessGates?: readonly { readonly conditionType: string }[]
  readonly [field: string]: unknown
}

export type TemplateContainer = {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFrom[]
  readonly ports?: readonly TemplatePort[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly readinessProbe?: { readonly httpGet?: { readonly path?: string, readonly port: number | string } }
  readonly restartPolicy?: string
  readonly [field: string]: unknown
}

export type TemplatePort = {
  readonly containerPort: number
  readonly name?: string
  readonly protocol?: string
  readonly hostPort?: number
  readonly hostIP?: string
}

export type TemplateVolume = {
  readonly name: string
  readonly persistentVolumeClaim?: { readonly claimName: string, readonly readOnly?: boolean }
  readonly hostPath?: { readonly path: string }
  readonly [kind: string]: unknown
}

export type Toleration = { readonly key?: string, readonly operator?: string, readonly [field: string]: unknown }

export type Affinity = {
  readonly nodeAffinity?: object
  readonly podAntiAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly AffinityTerm[]
    readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedTerm[]
  }
  readonly [field: string]: unknown
}

type WeightedTerm = { readonly weight: number, readonly podAffinityTerm: AffinityTerm }

export type AffinityTerm = { readonly labelSelector?: LabelSelector, readonly [field: string]: unknown }

export type SpreadConstraint = {
  readonly topologyKey: string
  readonly whenUnsatisfiable: string
  readonly labelSelector?: LabelSelector
  readonly [field: string]: unknown
}

/** The containers that run as long as the pod does: those of the app, and native sidecars. */
export function runningContainers ({ spec }: PodTemplate): readonly TemplateContainer[] {
  return [...spec.containers, ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')]
}

/** All of them. */
export function allContainers ({ spec }: PodTemplate): readonly TemplateContainer[] {
  return [...spec.containers, ...spec.initContainers ?? []]
}

/** The template with each of its containers, init containers too, made into another. */
export function mapContainers (
  template: PodTemplate, change: (container: TemplateContainer) => TemplateContainer
): PodTemplate {
  const { containers, initContainers } = template.spec
  return {
    ...template,
    spec: {
      ...template.spec,
      containers: containers.map(change),
      ...(initContainers !== undefined && { initContainers: initContainers.map(change) })
    }
  }
}
