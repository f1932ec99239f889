import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

/** An event, as far as we read it. */
export type ClusterEvent = {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly lastTimestamp?: string
  readonly involvedObject: { readonly kind?: string, readonly name?: string, readonly fieldPath?: string }
}

/** What to type to see why the webhook left pods as they are. */
export function askWhyNotInjected (namespace: string): string {
  return `kubectl -n ${namespace} get events --field-selector reason=WaylayNotInjected`
}

/** @throws {WaylayError} `WAYLAY_FORBIDDEN`. */
export async function listEvents (cluster: Cluster, namespace: string): Promise<readonly ClusterEvent[]> {
  const path = `/api/v1/namespaces/${namespace}/events?limit=1000`
  const { body } = await callApi(cluster, { verb: 'list', resource: 'events', namespace, path })
  return (body as { readonly items: readonly ClusterEvent[] }).items
}
