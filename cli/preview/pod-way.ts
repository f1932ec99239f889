import type { Duplex } from 'node:stream'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import type { WaylayCode } from '../../common/failures.ts'
import { appListener } from '../cluster/app-listener.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { getPod } from '../cluster/pods.ts'
import { openPortForward } from '../cluster/port-forward.ts'
import { PortRefused } from '../cluster/port-forward-failure.ts'
import { noReadyPod, ServicePods, type PodPort } from '../reach/service-pods.ts'
import type { ChosenPort } from './choose-port.ts'

export type PodWayDeps = {
  readonly cluster: Cluster
  readonly namespace: string
  readonly service: string
  readonly port: ChosenPort
  readonly signal: AbortSignal
  /** A line for people, on stderr. */
  readonly note: (line: string) => void
}

/** For this long a way that was refused is tried after all others. */
const REFUSED_MS = 10_000
// Every other way would be refused alike.
const FINAL: ReadonlySet<WaylayCode> = new Set([
  'WAYLAY_FORBIDDEN', 'WAYLAY_NO_CLUSTER', 'WAYLAY_CREDENTIALS', 'WAYLAY_PROXY'
])

/**
 * The way to one ready pod of a Service, and to the next one when that goes: what an app keeps in memory for a browser
 * is there as long as the pod is. Through the pod's proxy, so that requests for this very Service can be diverted.
 */
export class PodWay {
  readonly #deps: PodWayDeps
  readonly #pods: ServicePods
  readonly #listeners = new Map<string, Promise<number | undefined>>()
  readonly #refusedMs = new Map<string, number>()
  #chosen: string | undefined
  #isWarned = false

  constructor (deps: PodWayDeps) {
    this.#deps = deps
    this.#pods = new ServicePods(deps.cluster, deps.namespace, deps.service, deps.signal)
  }

  /** Whether this is the pod that requests go to now. */
  isWanted (pod: string): boolean {
    return pod === this.#chosen && this.#pods.isReady(pod)
  }

  /** @throws {WaylayError} `WAYLAY_REACH_REFUSED`, `WAYLAY_FORBIDDEN`, `WAYLAY_NO_CLUSTER`, … */
  async dial (): Promise<{ readonly stream: Duplex, readonly pod: string }> {
    const { namespace, service, port } = this.#deps
    const pods = await this.#list()
    const startedMs = performance.now()
    let failure: WaylayError | undefined
    // Ways that were refused a moment ago come last: the app behind them may be back.
    for (const isSecond of [false, true]) {
      for (const { pod, port: podPort } of pods) {
        for (const way of await this.#portsOf(pod, podPort)) {
          const refusedMs = this.#refusedMs.get(`${pod}:${way}`) ?? -Infinity
          const isRecent = refusedMs > startedMs - REFUSED_MS
          if (isRecent !== isSecond || refusedMs > startedMs) continue
          const opened = await this.#open(pod, way)
          if (!(opened instanceof WaylayError)) return { stream: opened, pod }
          if (FINAL.has(opened.code)) throw opened
          failure = opened
        }
      }
    }
    if (pods.length === 0 || failure === undefined) throw noReadyPod(namespace, service, port.port)
    throw new WaylayError('WAYLAY_REACH_REFUSED', failure.message,
      { cause: failure, hint: `See what is wrong: kubectl -n ${namespace} get endpointslices,pods` })
  }

  async #open (pod: string, port: number): Promise<Duplex | WaylayError> {
    const { cluster, namespace } = this.#deps
    const refuse = (): void => { this.#refusedMs.set(`${pod}:${port}`, performance.now()) }
    try {
      const stream = await openPortForward(cluster, namespace, pod, port)
      if (stream.errored !== null) throw stream.errored
      // It stands before the pod is asked.
      stream.once('error', error => { if (error instanceof PortRefused) refuse() })
      this.#chosen = pod
      return stream
    } catch (error) {
      refuse()
      return toWaylayError(error)
    }
  }

  /** The chosen pod first, as long as it is ready. */
  async #list (): Promise<readonly PodPort[]> {
    const { name, otherPort } = this.#deps.port
    const pods = await this.#pods.list(name, otherPort)
    for (const pod of this.#listeners.keys()) if (!pods.some(other => other.pod === pod)) this.#listeners.delete(pod)
    for (const [way, atMs] of this.#refusedMs) if (atMs < performance.now() - REFUSED_MS) this.#refusedMs.delete(way)
    const chosen = pods.find(({ pod }) => pod === this.#chosen)
    return chosen === undefined ? pods : [chosen, ...pods.filter(other => other !== chosen)]
  }

  /** The proxy's, then the app's own: a pod whose proxy does not run works without it. */
  async #portsOf (pod: string, port: number): Promise<readonly number[]> {
    const known = this.#listeners.get(pod) ?? this.#findListener(pod, port)
    this.#listeners.set(pod, known)
    const listener = await known
    return listener === undefined ? [port] : [listener, port]
  }

  async #findListener (name: string, port: number): Promise<number | undefined> {
    const { cluster, namespace, note } = this.#deps
    try {
      const pod = await getPod(cluster, namespace, name)
      return pod && appListener(pod, port)
    } catch (error) {
      const { code, message } = toWaylayError(error)
      if (!this.#isWarned) note(`Warning: ${message}. Requests for this Service itself go to its app, never to a developer (${code})`)
      this.#isWarned = true
      return undefined
    }
  }
}
