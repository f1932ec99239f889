import { setTimeout as delay } from 'node:timers/promises'
import { ENVIRONMENT_LABELS, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import type { RowSamples, Sample } from '../sample.ts'
import type { Lab } from '../tunnel/lab.ts'
import { apiRequestsPerSecond, readApiRequests } from './api-requests.ts'
import { millicores, readContainerStats, type ContainerStats } from './container-stats.ts'
import { APPS, type EnvironmentsDeps } from './deps.ts'

export type Idle = {
  /** For the row `api`. */
  readonly api: Sample
  /** For people: which requests, the most frequent first. */
  readonly requests: string
  /** For the row `usage`. */
  readonly usage: RowSamples
}

/** Watches for a while what is used while nobody calls. */
export async function watchIdle ({ lab, idleSeconds, signal }: EnvironmentsDeps): Promise<Idle> {
  const stats = await containerStats(lab)
  const before = readApiRequests(await lab.kubectl(['get', '--raw', '/metrics']))
  const startMs = performance.now()
  await delay(idleSeconds * 1000, undefined, { signal })
  const after = readApiRequests(await lab.kubectl(['get', '--raw', '/metrics']))
  const seconds = (performance.now() - startMs) / 1000
  const requests = apiRequestsPerSecond(before, after, seconds)
  return {
    api: { requestsPerSecond: requests.reduce((sum, { perSecond }) => sum + perSecond, 0) },
    requests: requests.slice(0, 6).map(({ what, perSecond }) => `${what} ${perSecond.toFixed(1)}`).join(', '),
    usage: usageOf(stats, await containerStats(lab), await podSides(lab))
  }
}

function usageOf (
  before: readonly ContainerStats[], after: readonly ContainerStats[], sides: ReadonlyMap<string, string>
): RowSamples {
  const samples: Record<string, Sample[]> = { 'quiet-proxy': [], 'app-proxy': [], companion: [], copy: [] }
  for (const one of after) {
    const side = sides.get(one.pod) ?? ''
    const key = one.container === PROXY_CONTAINER_NAME ? `${side}-proxy` : side
    const earlier = before.find(({ pod, container }) => pod === one.pod && container === one.container)
    const { workingMib, ownMib } = one
    samples[key]?.push({ workingMib, ownMib, millicores: millicores(earlier, one) })
  }
  return samples
}

/** What each pod of the namespace is: the part of an environment, or the app. */
async function podSides ({ kubectl }: Lab): Promise<ReadonlyMap<string, string>> {
  const { items } = JSON.parse(await kubectl(['get', 'pods', '-o', 'json'])) as
    { items: readonly { metadata: { name: string, labels?: Readonly<Record<string, string>> } }[] }
  return new Map(items.map(({ metadata: { name, labels = {} } }) => {
    const part = labels[ENVIRONMENT_LABELS.part]
    return [name, part ?? Object.values(APPS).find(app => app === labels['app']) ?? '']
  }))
}

async function containerStats ({ kubectl, namespace }: Lab): Promise<readonly ContainerStats[]> {
  const nodes = (await kubectl(['get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ')
  const summaries = await Promise.all(nodes.map(async node =>
    await kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/stats/summary`])))
  return summaries.flatMap(text => readContainerStats(text, namespace))
}
