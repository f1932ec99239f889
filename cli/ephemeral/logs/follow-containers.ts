import { setTimeout as delay } from 'node:timers/promises'
import { toWaylayError, type WaylayError } from '../../../common/errors.ts'
import { readLogs } from '../../cluster/pod-logs.ts'
import { followPods, type Pod } from '../../cluster/pods.ts'
import type { ListOf } from '../../cluster/watch.ts'
import type { PrintDeps } from '../../logs/print-pod.ts'
import { containersOf, hasBegun, printPrevious, statusOf } from './container-logs.ts'

export type FollowOptions = PrintDeps & {
  readonly namespace: string
  /** Query of the list that holds the pods. */
  readonly query: string
  readonly stopped: AbortSignal
}

type Following = { readonly abort: AbortController, pod: Pod }

const AGAIN_AFTER_MS = 1000

/** Follows every container of some pods over restarts, those included that come later, until the signal. */
export class ContainerFollower {
  readonly #options: FollowOptions
  /** By the pod's uid and the container's name. */
  readonly #followed = new Map<string, Following>()
  readonly #failed = Promise.withResolvers<never>()

  constructor (options: FollowOptions) {
    this.#options = options
    this.#failed.promise.catch(() => {})
  }

  /** @throws {WaylayError} `WAYLAY_FORBIDDEN` without the right to follow logs or pods. */
  async run (list: ListOf<Pod>): Promise<void> {
    const { cluster, namespace, query, stopped, note } = this.#options
    if (list.items.length === 0) note('No pods yet; waiting for some.')
    this.#update(list.items)
    const following = followPods(cluster, { id: '', namespace, podQuery: query }, {
      from: list,
      signal: stopped,
      onChange: pods => { this.#update([...pods.values()]) },
      onTrouble: error => { this.#tell(error) }
    })
    await Promise.race([following.then(async () => { await untilAborted(stopped) }), this.#failed.promise])
  }

  #update (pods: readonly Pod[]): void {
    const present = new Set<string>()
    for (const pod of pods) {
      for (const container of containersOf(pod)) {
        const key = `${pod.metadata.uid}/${container}`
        present.add(key)
        const known = this.#followed.get(key)
        if (known !== undefined) known.pod = pod
        else if (hasBegun(pod, container)) this.#begin(key, pod, container)
      }
    }
    for (const [key, { abort }] of this.#followed) {
      if (present.has(key)) continue
      abort.abort()
      this.#followed.delete(key)
    }
  }

  #begin (key: string, pod: Pod, container: string): void {
    const following = { abort: new AbortController(), pod }
    this.#followed.set(key, following)
    void this.#follow(following, container, AbortSignal.any([this.#options.stopped, following.abort.signal]))
  }

  /** Opened again where it ends: the API server and the kubelet cut long answers, and a container may be restarted. */
  async #follow (following: Following, container: string, signal: AbortSignal): Promise<void> {
    const { cluster, print } = this.#options
    const { namespace, name: pod } = following.pod.metadata
    const which = { namespace, pod, container }
    let { range } = this.#options
    let last = ''
    await printPrevious(following.pod, container, this.#options)
      .catch((error: unknown) => { this.#tell(toWaylayError(error)) })
    while (!signal.aborted) {
      const resumedAt = last
      try {
        for await (const { time, text } of readLogs(cluster, which, range, signal)) {
          // The first lines of a further answer may be the last ones of the one before.
          if (time !== '' && time <= resumedAt) continue
          last = time
          print(which, time, text)
        }
      } catch (error) {
        if (!signal.aborted && this.#isRunning(following, container)) this.#tell(toWaylayError(error), pod)
      }
      if (last !== '') range = { sinceTime: last }
      await this.#untilRunning(following, container, signal)
    }
  }

  /** One that has ended says nothing more, until it is started again. */
  async #untilRunning (following: Following, container: string, signal: AbortSignal): Promise<void> {
    do {
      await delay(AGAIN_AFTER_MS, undefined, { signal }).catch(() => {})
    } while (!signal.aborted && !this.#isRunning(following, container))
  }

  #isRunning ({ pod }: Following, container: string): boolean {
    return statusOf(pod, container)?.state?.running !== undefined
  }

  #tell (error: WaylayError, pod?: string): void {
    if (error.code === 'WAYLAY_FORBIDDEN') this.#failed.reject(error)
    else this.#options.note(`Warning: ${pod === undefined ? '' : `pod ${pod}: `}${error.message}`)
  }
}

async function untilAborted (signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise(resolve => { signal.addEventListener('abort', resolve, { once: true }) })
}
