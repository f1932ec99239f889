import { setTimeout as delay } from 'node:timers/promises'
import { PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { toWaylayError, type WaylayError } from '../../common/errors.ts'
import { readLogs, type LogRange } from '../cluster/pod-logs.ts'
import { followPods, isPodOf, isReachable, type Pod } from '../cluster/pods.ts'
import type { ListOf } from '../cluster/watch.ts'
import type { Workload } from '../cluster/workload.ts'
import { printInit, type PrintDeps } from './print-pod.ts'

const AGAIN_AFTER_MS = 1000

/** Follows the logs of every injected pod of a workload, those included that come later, until the signal. */
export class PodFollower {
  readonly #workload: Workload
  readonly #deps: PrintDeps
  readonly #stopped: AbortSignal
  /** By uid: a StatefulSet's next pod has the name of the last. */
  readonly #followed = new Map<string, AbortController>()
  #running: ReadonlySet<string> = new Set()
  readonly #failed = Promise.withResolvers<never>()

  constructor (workload: Workload, deps: PrintDeps, stopped: AbortSignal) {
    this.#workload = workload
    this.#deps = deps
    this.#stopped = stopped
    this.#failed.promise.catch(() => {})
  }

  /** @throws {WaylayError} `WAYLAY_FORBIDDEN` without the right to follow logs or pods. */
  async run (list: ListOf<Pod>): Promise<void> {
    this.#update(list.items)
    const following = followPods(this.#deps.cluster, this.#workload, {
      from: list,
      signal: this.#stopped,
      onChange: pods => { this.#update([...pods.values()]) },
      onTrouble: error => { this.#tell(error) }
    })
    await Promise.race([following.then(async () => { await untilAborted(this.#stopped) }), this.#failed.promise])
  }

  #update (pods: readonly Pod[]): void {
    const ours = pods.filter(pod => isPodOf(this.#workload, pod))
    const uids = new Set(ours.map(({ metadata }) => metadata.uid))
    this.#running = new Set(ours.filter(isReachable).map(({ metadata }) => metadata.uid))
    for (const [uid, following] of this.#followed) {
      if (uids.has(uid)) continue
      following.abort()
      this.#followed.delete(uid)
    }
    for (const pod of ours) {
      if (this.#followed.has(pod.metadata.uid) || !this.#running.has(pod.metadata.uid)) continue
      const following = new AbortController()
      this.#followed.set(pod.metadata.uid, following)
      void this.#followOne(pod, AbortSignal.any([this.#stopped, following.signal]))
    }
  }

  /** Opened again where it ends: the API server and the kubelet cut long answers, and a container may be restarted. */
  async #followOne (pod: Pod, signal: AbortSignal): Promise<void> {
    const { cluster, print } = this.#deps
    const which = { namespace: pod.metadata.namespace, pod: pod.metadata.name, container: PROXY_CONTAINER_NAME }
    let range = this.#deps.range
    let last = ''
    printInit(pod, print)
    while (!signal.aborted) {
      try {
        for await (const { time, text } of readLogs(cluster, which, range, signal)) {
          // The first lines of a further answer may be the last ones of the one before.
          if (time !== '' && time <= last) continue
          last = time
          print(which, time, text)
        }
      } catch (error) {
        if (!signal.aborted) this.#tell(toWaylayError(error), pod)
      }
      if (!this.#running.has(pod.metadata.uid)) return
      range = continueAfter(last, range)
      await delay(AGAIN_AFTER_MS, undefined, { signal }).catch(() => {})
    }
  }

  #tell (error: WaylayError, pod?: Pod): void {
    if (error.code === 'WAYLAY_FORBIDDEN') this.#failed.reject(error)
    else if (pod === undefined) this.#deps.note(`Warning: ${error.message}`)
    // A pod on its way out ends its logs with an error of the kubelet's.
    else if (this.#running.has(pod.metadata.uid)) this.#deps.note(`Warning: pod ${pod.metadata.name}: ${error.message}`)
  }
}

function continueAfter (last: string, range: LogRange): LogRange {
  return last === '' ? range : { sinceTime: last }
}

async function untilAborted (signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise(resolve => { signal.addEventListener('abort', resolve, { once: true }) })
}
