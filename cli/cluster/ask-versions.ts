import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import { injectionOf, type Pod } from './pods.ts'
import { askWebhook } from './webhook.ts'

/** What is installed, as far as it can be seen from where we stand. */
export type FoundVersions = {
  readonly cluster: { readonly context: string, readonly server: string, readonly kubernetes: string } | null
  readonly webhook: string | null
  readonly sidecars: readonly { readonly version: string, readonly pods: number }[]
  readonly failures: readonly WaylayError[]
}

/** Asks for everything at once. Never rejects: what cannot be seen is named in `failures`. */
export async function askVersions (cluster: Cluster, signal: AbortSignal): Promise<FoundVersions> {
  const failures: WaylayError[] = []
  const orNull = async <T>(asked: Promise<T>): Promise<T | null> => await asked.catch((error: unknown) => {
    failures.push(toWaylayError(error))
    return null
  })
  const [kubernetes, webhook, sidecars] = await Promise.all([
    orNull(askKubernetes(cluster, signal)),
    orNull(askWebhookVersion(cluster, signal)),
    orNull(countSidecars(cluster, signal))
  ])
  return {
    cluster: kubernetes === null ? null : { context: cluster.context, server: cluster.server.origin, kubernetes },
    webhook,
    sidecars: sidecars ?? [],
    // Three refusals of one server are one piece of news.
    failures: failures.filter(({ code, message }, index) =>
      failures.findIndex(other => other.code === code && (code === 'WAYLAY_NO_CLUSTER' || other.message === message)) === index)
  }
}

async function askKubernetes (cluster: Cluster, signal: AbortSignal): Promise<string> {
  const { body } = await callApi(cluster, { verb: 'get', resource: 'the version', path: '/version', signal })
  return (body as { readonly gitVersion?: string }).gitVersion ?? 'unknown'
}

async function askWebhookVersion (cluster: Cluster, signal: AbortSignal): Promise<string> {
  const answer = await askWebhook(cluster, cluster.namespace, signal)
  if (answer.kind !== 'signs') throw answer.error
  if (answer.version !== undefined) return answer.version
  throw new WaylayError('WAYLAY_TUNNEL_PROTOCOL', 'The webhook is too old to tell its version')
}

async function countSidecars (cluster: Cluster, signal: AbortSignal): Promise<FoundVersions['sidecars']> {
  const { namespace } = cluster
  const path = `/api/v1/namespaces/${namespace}/pods`
  const { body } = await callApi(cluster, { verb: 'list', resource: 'pods', namespace, path, signal })
  const counts = new Map<string, number>()
  for (const pod of (body as { readonly items: readonly Pod[] }).items) {
    const version = injectionOf(pod)?.version
    if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1)
  }
  return [...counts].map(([version, pods]) => ({ version, pods })).sort((a, b) => a.version < b.version ? -1 : 1)
}
