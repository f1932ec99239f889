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

/**
 * Waits until requests really pass the proxy: without that, a test would only see what callers see without us. The
 * requests come from the API server, so that it does not matter what the app speaks. It keeps its connections, and one
 * that went past the proxy would do so for life: none is opened before the port is armed.
 */
export async function throughProxy (pod: Pod, port = 8080): Promise<void> {
  const family = pod.status.podIP?.includes(':') === true ? 'ipv6' : 'ipv4'
  const armed = `waylay_redirect_armed{port="${port}",family="${family}"}`
  const counted = `waylay_turns_total{port="${port}",route="app"}`
  await eventually('requests pass the proxy', async () => {
    if ((await metricsOf(pod)).get(armed) !== 1) return undefined
    await tryKubectl(['get', '--raw', `${pathOf(pod)}:${port}/proxy/`, '--request-timeout=2s'])
    return ((await metricsOf(pod)).get(counted) ?? 0) > 0 ? true : undefined
  })
}

function pathOf ({ metadata: { name, namespace } }: Pod): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`
}
