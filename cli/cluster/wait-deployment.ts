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
 * Waits until all replicas of the Deployment are of its newest template and available.
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
    if (deployment !== undefined && isAvailable(deployment)) return
    if (performance.now() > untilMs) {
      const why = deployment === undefined ? 'it is gone' : await describePods(cluster, manifest, deployment)
      const { name, namespace = cluster.namespace } = manifest.metadata
      throw new WaylayError('WAYLAY_INSTALL_FAILED', `Deployment ${namespace}/${name} is not available after ${Math.round(timeoutMs / 1000)} s: ${why}`)
    }
    await delay(POLL_MS)
  }
}

function isAvailable ({ metadata, spec, status }: DeploymentObject): boolean {
  const replicas = spec?.replicas ?? 1
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status?.updatedReplicas ?? 0) >= replicas && (status?.availableReplicas ?? 0) >= replicas
}

async function describePods (cluster: Cluster, manifest: Manifest, deployment: DeploymentObject): Promise<string> {
  const namespace = manifest.metadata.namespace ?? cluster.namespace
  const labels = Object.entries(deployment.spec?.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(labels.join(','))}`
  const { body } = await callApi(cluster, { verb: 'list', resource: 'pods', namespace, path })
  const { items } = body as { items: readonly Pod[] }
  const states = items.map(({ metadata, status }) => {
    const waiting = status?.containerStatuses?.map(({ state }) => state?.waiting).find(state => state !== undefined)
    return `${metadata.name} is ${[status?.phase, waiting?.reason, waiting?.message].filter(Boolean).join(', ')}`
  })
  return states.join('; ') || 'it has no pods'
}
