import type { Duplex } from 'node:stream'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import type { Checked, TunnelEvent } from '../../../tunnel/control-messages.ts'
import type { StandClock } from '../../clock.ts'
import { isReachable, type Pod } from '../../cluster/pods.ts'
import { Coverage } from './coverage.ts'
import { DivertedCount } from './diverted-count.ts'
import type { InterceptApi } from '../object/intercept-api.ts'
import { InterceptLife } from '../object/life.ts'
import { isPodOf } from '../places/plan.ts'
import type { Report } from '../report/report.ts'
import type { PodIntercept } from '../session/pod-intercept.ts'
import type { PodRef, SessionPool } from '../session/session-pool.ts'
import type { Wish } from './wish.ts'

/** What an intercept on its way needs beside what all of them share. */
export type Making = {
  readonly wish: Wish
  /** The object to hold. */
  readonly wanted: Intercept
  /** Makes the object ours: at the start, and again when it has expired. */
  readonly hold: (isFirst: boolean) => Promise<Intercept>
}

/** What all intercepts of one process share. */
export type StandingDeps = {
  readonly api: InterceptApi
  readonly pool: SessionPool
  readonly clock: StandClock
  readonly report: Report
  /** Name of the developer's machine, for people who ask who holds it. */
  readonly hostName: string
  /** 0 to 1. */
  readonly random: () => number
  /** One intercept ended by itself after it stood. */
  readonly onEnded: (intercept: StandingIntercept, error: WaylayError) => void
  /** Something a pod told of requests, after the report had it. */
  readonly onEvent?: ((intercept: StandingIntercept, event: TunnelEvent) => void) | undefined
}

const READY_TIMEOUT_MS = 15_000

/** One intercept on its way to stand, or standing: an object in the cluster, and a route on every pod. */
export class StandingIntercept {
  readonly name: string
  readonly namespace: string
  /** `kind/name`. */
  readonly workload: string
  /** The app port. */
  readonly port: number
  readonly wish: Wish
  readonly #deps: StandingDeps
  readonly #coverage: Coverage
  readonly #life: Promise<InterceptLife>
  readonly #onStop: (() => void)[] = []
  readonly #requests = new DivertedCount()
  #error: WaylayError | undefined
  #stopping: Promise<void> | undefined
  #isStopped = false

  constructor (making: Making, deps: StandingDeps) {
    const { wish, wanted } = making
    this.wish = wish
    this.name = wanted.metadata.name
    this.namespace = wanted.metadata.namespace
    this.workload = wanted.spec.workload
    this.port = wanted.spec.port
    this.#deps = deps
    this.#life = this.#begin(making)
    // Whoever waits until it stands is told.
    this.#life.catch(() => {})
    this.#coverage = this.#cover()
    this.update(wish.place.pods)
  }

  /** Diverted so far, on all pods. */
  get requests (): number {
    return this.#requests.all
  }

  /** Pods that divert, of those that run. */
  get pods (): { readonly diverting: number, readonly running: number } {
    return { diverting: this.#coverage.diverting, running: this.#coverage.running }
  }

  /** Its pods, and where it stands on each. */
  get podStates (): Coverage['pods'] {
    return this.#coverage.pods
  }

  /** What it is called where several stand. */
  get label (): string {
    return this.wish.label ?? `${this.workload}:${this.port}`
  }

  /** Why it ended by itself; undefined while it stands. */
  get error (): WaylayError | undefined {
    return this.#error
  }

  /**
   * Settles when the object is ours and every pod has answered, with the number of those that divert.
   *
   * @throws {WaylayError} why it cannot stand.
   */
  async stands (): Promise<number> {
    const [, diverting] = await Promise.all([this.#life, this.#coverage.allDiverting])
    if (this.#error !== undefined) throw this.#error
    void this.#renew()
    return diverting
  }

  /** The object, once it is ours. Rejects when it cannot be. */
  async held (): Promise<Intercept> {
    return (await this.#life).object
  }

  /** Calls back when it is stopped. */
  onStop (undo: () => void): void {
    this.#onStop.push(undo)
  }

  /** The pods there are now. */
  update (pods: readonly Pod[]): void {
    if (this.#isStopped) return
    const ours = pods.filter(pod => isPodOf(this.wish.place.workload, pod))
    this.#coverage.update(ours.filter(isReachable).map(refOf), new Set(ours.map(({ metadata }) => metadata.uid)))
  }

  /** What a watch saw of the object. */
  seen (object: Intercept | undefined): void {
    void this.#life.then(life => { life.seen(object) }, () => {})
  }

  /**
   * Opens a stream to the proxy of one of its pods, another one each time.
   *
   * @throws {WaylayError} `WAYLAY_TUNNEL_FAILED` when no session is open now.
   */
  openStream (): Duplex {
    return this.#deps.pool.openStream(this.name)
  }

  /** Pods whose session is open. */
  get openPods (): readonly PodRef[] {
    return this.#deps.pool.podsOf(this.name)
  }

  /**
   * Has one pod's proxy send a marked request along the callers' way.
   *
   * @param nonce `<intercept>.<random>`
   * @param via a Service's ClusterIP and port; without it the pod asks itself
   * @throws {WaylayError} `WAYLAY_TUNNEL_FAILED` without a session, or without an answer.
   */
  async check (
    pod: PodRef, nonce: string, via?: { readonly host: string, readonly port: number }
  ): Promise<Checked> {
    const tls = this.wish.place.port.tlsSecret !== undefined
    return await this.#deps.pool.check(pod, { intercept: this.name, nonce, tls, ...(via !== undefined && { via }) })
  }

  /** Ends it everywhere, whatever has been made so far. Never rejects; the second call waits for the first. */
  async stop (): Promise<void> {
    this.#isStopped = true
    for (const undo of this.#onStop.splice(0)) undo()
    this.#stopping ??= Promise.all([this.#coverage.stop(), this.#release()]).then(() => {})
    await this.#stopping
  }

  async #begin ({ wanted, hold }: Making): Promise<InterceptLife> {
    const { api, clock, random, hostName } = this.#deps
    const held = await hold(true)
    const life = new InterceptLife({
      renew: async object => {
        const { diverting: pods } = this.pods
        return await api.renew(object, { requests: this.#requests.tell(), pods, host: hostName })
      },
      read: async () => await api.read(wanted),
      update: async object => await api.update(object),
      hold: async () => {
        const anew = await hold(false)
        this.#requests.heldAnew()
        return anew
      },
      clock,
      random,
      onTicket: () => { this.#deps.pool.renew(this.name) },
      onEnd: error => { this.#end(error) },
      onNote: this.#deps.report.note
    }, held)
    if (this.#isStopped) life.stop()
    return life
  }

  #cover (): Coverage {
    const { pool, clock, report } = this.#deps
    return new Coverage({
      join: (pod, onState) => { pool.join(pod, this.#podIntercept(onState)) },
      leave: async pod => { await pool.leave(pod, this.name) },
      onCount: (diverting, running) => { report.pods(this, diverting, running) },
      onRefused: (pod, error) => {
        report.note(`Warning: pod ${pod} takes no requests of yours; they go to the app. ${error.message}. ${error.hint}`)
      },
      onAllRefused: error => { this.#end(error) },
      clock,
      readyTimeoutMs: READY_TIMEOUT_MS
    })
  }

  #podIntercept (onState: PodIntercept['onState']): PodIntercept {
    return {
      name: this.name,
      port: this.port,
      hostHeader: this.wish.hostHeader,
      developer: this.wish.developer,
      ticket: async () => await (await this.#life).ticket(),
      onState: state => {
        // The pod knows a later holder: whoever that is stands in the object.
        if ('error' in state && state.error.code === 'WAYLAY_CONFLICT') void this.#renew()
        onState(state)
      },
      onEvent: event => { this.#onEvent(event) },
      onNote: this.#deps.report.note
    }
  }

  async #renew (): Promise<void> {
    const life = await this.#life.catch(() => undefined)
    await life?.renewNow()
  }

  #onEvent (event: TunnelEvent): void {
    if (event.event === 'request') {
      this.#requests.add()
      void this.#life.then(life => { life.changed() }, () => {})
    }
    this.#deps.report.request(this, event)
    this.#deps.onEvent?.(this, event)
  }

  #end (error: WaylayError): void {
    if (this.#isStopped || this.#error !== undefined) return
    this.#error = error
    this.#deps.onEnded(this, error)
  }

  async #release (): Promise<void> {
    const life = await this.#life.catch(() => undefined)
    // Not made at all: `stands` has said why. Or somebody else's by now.
    if (life === undefined) return
    await life.flush()
    life.stop()
    try {
      if (!life.isLost) await this.#deps.api.release(life.object)
    } catch (error) {
      this.#deps.report.note(`Warning: the intercept could not be deleted (${toWaylayError(error).message}). It expires by itself, or try: waylay leave ${this.name} -n ${this.namespace}`)
    }
  }
}

function refOf ({ metadata: { namespace, name, uid }, status }: Pod): PodRef {
  return { namespace, name, uid, address: status?.podIP }
}
