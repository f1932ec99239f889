import { setTimeout as delay } from 'node:timers/promises'
import { WaylayError } from '../../common/errors.ts'
import type { Manifest } from '../manifests.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import type { Objects } from './objects.ts'
import type { Pod } from './pods.ts'

type DeploymentObject = {
  readonly metadata: { readonly generation?: number }
  readonly spec?: {
    readonly replicas?: number
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
  }
}

const POLL_MS = 300

/**
 * Waits until all replicas of the Deployment are of its newest template and available, and the others gone: one on its
 * way out may still answer for a while, as it was set up before.
 *
 * @throws {WaylayError} `WAYLAY_INSTALL_FAILED` with what its pods wait for.
 */
export async function waitForDeployment (
  cluster: Cluster, objects: Objects, manifest: Manifest, timeoutMs: number, signal: AbortSignal
): Promise<void> {
  const untilMs = performance.now() + timeoutMs
  for (;;) {
    signal.throwIfAborted()
    const deployment = await objects.get(manifest) as DeploymentObject | undefined
    const pods = deployment === undefined ? [] : await listPodsOf(cluster, manifest, deployment)
    if (deployment !== undefined && isAvailable(deployment) && pods.length <= replicasOf(deployment)) return
    if (performance.now() > untilMs) {
      const why = deployment === undefined ? 'it is gone' : describePods(pods)
      const { name, namespace = cluster.namespace } = manifest.metadata
      throw new WaylayError('WAYLAY_INSTALL_FAILED', `Deployment ${namespace}/${name} is not available after ${Math.round(timeoutMs / 1000)} s: ${why}`)
    }
    await delay(POLL_MS)
  }
}

function replicasOf ({ spec }: DeploymentObject): number {
  return spec?.replicas ?? 1
}

function isAvailable (deployment: DeploymentObject): boolean {
  const { metadata, status } = deployment
  const replicas = replicasOf(deployment)
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status?.updatedReplicas ?? 0) >= replicas && (status?.availableReplicas ?? 0) >= replicas
}

async function listPodsOf (
  cluster: Cluster, manifest: Manifest, deployment: DeploymentObject
): Promise<readonly Pod[]> {
  const namespace = manifest.metadata.namespace ?? cluster.namespace
  const labels = Object.entries(deployment.spec?.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(labels.join(','))}`
  const { body } = await callApi(cluster, { verb: 'list', resource: 'pods', namespace, path })
  // An evicted pod stays in the list, and answers nobody.
  return (body as { readonly items: readonly Pod[] }).items.filter(({ status }) => status?.phase !== 'Failed')
}

function describePods (pods: readonly Pod[]): string {
  const states = pods.map(({ metadata, status }) => {
    const waiting = status?.containerStatuses?.map(({ state }) => state?.waiting).find(state => state !== undefined)
    return `${metadata.name} is ${[status?.phase, waiting?.reason, waiting?.message].filter(Boolean).join(', ')}`
  })
  return states.join('; ') || 'it has no pods'
}
