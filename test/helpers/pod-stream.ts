import type { ApiAnswer, ApiClient } from './api-client.ts'
import { NEW_NAMESPACE } from './kube.ts'
import { containerNames, podTemplate, type Pod } from './workload.ts'

/** What became of pods that were created by server-side dry run, so many a second. */
export type StreamResult = {
  readonly created: number
  readonly injected: number
  /** When a pod came without waylay, ms after the start. */
  readonly missedAtMs: readonly number[]
  /** When one came so because the API server waits for an answer no longer than 2 s, ms after the start. */
  readonly lateAtMs: readonly number[]
  /** What the API server said where it refused one. */
  readonly refused: readonly string[]
  readonly medianMs: number
  readonly slowestMs: number
}

export type PodStream = { readonly stop: () => Promise<StreamResult> }

/** More of them than this are no matter of a busy machine. */
export const MAX_LATE = 5

// A little less than the time that the API server gives the webhook.
const LATE_MS = 1800

/** One pod by server-side dry run: all of admission, and nothing is kept. */
export async function createPod (api: ApiClient, namespace: string): Promise<ApiAnswer> {
  const { metadata, spec } = podTemplate()
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, generateName: 'trial-', namespace }, spec }
  const startedMs = performance.now()
  while (true) {
    const answer = await api.send('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod)
    const isTooNew = answer.status === 403 && NEW_NAMESPACE.test(messageOf(answer))
    if (!isTooNew || performance.now() - startedMs > 30_000) return answer
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

function messageOf ({ body }: ApiAnswer): string {
  return (body as { readonly message?: string }).message ?? ''
}

export function isInjected ({ body }: ApiAnswer): boolean {
  return containerNames(body as Pod).includes('waylay-proxy')
}

/** Creates pods at a fixed rate, whether or not the ones before were answered, until it is stopped. */
export function startPodStream (api: ApiClient, namespace: string, perSecond: number): PodStream {
  const startedMs = performance.now()
  const took: number[] = []
  const missedAtMs: number[] = []
  const lateAtMs: number[] = []
  const refused: string[] = []
  const running = new Set<Promise<void>>()
  const createOne = async (): Promise<void> => {
    const atMs = Math.round(performance.now() - startedMs)
    try {
      const answer = await createPod(api, namespace)
      took.push(answer.tookMs)
      if (answer.status !== 201) refused.push(`${answer.status} ${messageOf(answer)}`)
      else if (!isInjected(answer)) (answer.tookMs < LATE_MS ? missedAtMs : lateAtMs).push(atMs)
    } catch (error) {
      refused.push(String(error))
    }
  }
  let begun = 0
  const timer = setInterval(() => {
    // By the clock: the timers of a busy machine are late.
    for (; begun < (performance.now() - startedMs) / 1000 * perSecond; begun += 1) {
      const one = createOne().finally(() => running.delete(one))
      running.add(one)
    }
  }, 10)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(running)
      const sorted = took.toSorted((a, b) => a - b).map(Math.round)
      const created = took.length + refused.filter(text => !/^\d/.test(text)).length
      return {
        created,
        injected: created - missedAtMs.length - lateAtMs.length - refused.length,
        missedAtMs,
        lateAtMs,
        refused,
        medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
        slowestMs: sorted.at(-1) ?? 0
      }
    }
  }
}
