import { eventually, kubectl, tryKubectl } from './kube.ts'
import type { Pod } from './workload.ts'

/** All of the proxy's metrics, by `name{labels}`. */
export async function metricsOf (pod: Pod): Promise<ReadonlyMap<string, number>> {
  const text = await kubectl(['get', '--raw', `${pathOf(pod)}:15902/proxy/metrics`])
  return new Map(text.split('\n').filter(line => line !== '' && !line.startsWith('#')).map(line => {
    const space = line.lastIndexOf(' ')
    return [line.slice(0, space), Number(line.slice(space + 1))] as const
  }))
}

/** Longer than a Node app keeps a connection that nobody uses. */
const CONNECTION_ENDS_MS = 6000

/**
 * Waits until requests really pass the proxy: without that, a test would only see what callers see without us. The
 * requests come from the API server, so that it does not matter what the app speaks.
 */
export async function throughProxy (pod: Pod, port = 8080): Promise<void> {
  const counted = `waylay_turns_total{port="${port}",route="app"}`
  const armed = `waylay_redirect_armed{port="${port}",`
  let isAsked = false
  await eventually('requests pass the proxy', async () => {
    // The API server keeps its connection to the pod: one that is older than the redirect would lead past it for ever.
    if (isAsked) await new Promise(resolve => setTimeout(resolve, CONNECTION_ENDS_MS))
    if (![...await metricsOf(pod)].some(([name, value]) => name.startsWith(armed) && value === 1)) return undefined
    isAsked = true
    await tryKubectl(['get', '--raw', `${pathOf(pod)}:${port}/proxy/`, '--request-timeout=2s'])
    return ((await metricsOf(pod)).get(counted) ?? 0) > 0 ? true : undefined
  }, { timeoutMs: 90_000 })
}

function pathOf ({ metadata: { name, namespace } }: Pod): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`
}
