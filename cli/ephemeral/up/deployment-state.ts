import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import { companionName } from '../../../environments/names.ts'
import type { Pod } from '../../cluster/pods.ts'
import type { Manifest } from '../../manifests.ts'

/** A Deployment of an environment, as far as we read it. */
export type DeploymentObject = Manifest & {
  readonly metadata: Manifest['metadata'] & { readonly generation?: number, readonly uid?: string }
  readonly spec: { readonly replicas?: number }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
    readonly conditions?: readonly { readonly type: string, readonly status: string, readonly message?: string }[]
  }
}

/** Whether its newest template runs, and nothing but that. */
export function isRolledOut ({ metadata, spec, status = {} }: DeploymentObject): boolean {
  const { replicas: wanted = 1 } = spec
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status
  return observedGeneration >= (metadata.generation ?? 0) &&
    updatedReplicas === wanted && replicas === wanted && availableReplicas >= wanted
}

/** Why no pod of it can be made: a quota, an admission policy. */
export function failureOf ({ status }: DeploymentObject): string | undefined {
  return status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')?.message
}

/** Name of the Deployment that a pod of the environment is of. */
export function deploymentOf ({ metadata: { labels = {} } }: Pod, environment: string): string | undefined {
  return labels[ENVIRONMENT_LABELS.part] === 'companion' ? companionName(environment) : labels[ENVIRONMENT_LABELS.copy]
}
