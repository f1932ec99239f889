import type { KeyObject } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { TUNNEL_PROTOCOL_VERSION } from '../../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import type { WaylayCode } from '../../../common/failures.ts'
import { VERSION } from '../../../common/version.ts'
import { createCliControl } from '../../../tunnel/control.ts'
import type { Check, Checked } from '../../../tunnel/control-messages.ts'
import type { Session } from '../../../tunnel/session.ts'
import { openSession } from '../../../tunnel/open-session.ts'
import { CarrierNews, type CarrierChange } from '../report/carrier-news.ts'
import { pause, type StandClock } from '../../clock.ts'
import { deliverStream } from '../developer/deliver-stream.ts'
import type { PodIntercept, PodState } from './pod-intercept.ts'
import { PodControl } from './pod-control.ts'

export type PodSessionDeps = {
  readonly namespace: string
  /** The pod as the API server names it, not as it names itself: that is what the proof binds. */
  readonly pod: string
  readonly openCarrier: () => Promise<Duplex>
  readonly privateKey: KeyObject
  readonly clock: StandClock
  /** The way to the pod was lost for longer than a planned change takes, or is back after that. */
  readonly onCarrier: (state: CarrierChange) => void
}

const FIRST_BACKOFF_MS = 200
const LAST_BACKOFF_MS = 5000
const CLOSE_TIMEOUT_MS = 300

/** Not worth waiting for at the start: the answer would be the same. */
const FINAL: ReadonlySet<WaylayCode> = new Set(['WAYLAY_FORBIDDEN', 'WAYLAY_TUNNEL_PROTOCOL'])

/** The session to one pod for all intercepts of this process, opened again whenever it ends. */
export class PodSession {
  readonly #deps: PodSessionDeps
  readonly #stopped = new AbortController()
  readonly #intercepts = new Map<string, PodIntercept>()
  readonly #states = new Map<string, PodState>()
  readonly #carrier: CarrierNews
  #session: Session | undefined
  #control: PodControl | undefined
  #hasDiverted = false

  constructor (deps: PodSessionDeps) {
    this.#deps = deps
    this.#carrier = new CarrierNews(deps.clock, state => { this.#onCarrier(state) })
    void this.#run()
  }

  /** Whether streams can be opened now. */
  get isOpen (): boolean {
    return this.#control?.isWelcome === true
  }

  /** No intercept is left. */
  get isIdle (): boolean {
    return this.#intercepts.size === 0
  }

  /** Puts the intercept on the pod, now and in every session to come. */
  add (intercept: PodIntercept): void {
    this.#intercepts.set(intercept.name, intercept)
    this.#states.set(intercept.name, { kind: 'opening' })
    this.#control?.add(intercept)
  }

  /** Sends the ticket of this moment: a newer one of the same fence changes nothing but how long it lasts. */
  renew (name: string): void {
    const intercept = this.#intercepts.get(name)
    if (intercept !== undefined) this.#control?.add(intercept)
  }

  /** Takes the intercept off the pod. Never rejects. */
  async remove (name: string): Promise<void> {
    this.#states.delete(name)
    await this.#control?.remove(name)
    // Requests that are under way still look for their developer until the pod has answered.
    if (!this.#states.has(name)) this.#intercepts.delete(name)
  }

  /**
   * Asks the pod's proxy to send a marked request along the callers' way.
   *
   * @throws {WaylayError} `WAYLAY_TUNNEL_FAILED` without a session, or when it ends before the answer.
   */
  async check (check: Omit<Check, 'type'>): Promise<Checked> {
    if (this.#control === undefined) throw noSession(this.#deps.pod)
    return await this.#control.check(check)
  }

  /**
   * Opens a stream to the pod's proxy.
   *
   * @throws {WaylayError} `WAYLAY_TUNNEL_FAILED` without a session.
   */
  openStream (): Duplex {
    if (this.#session === undefined || !this.isOpen) throw noSession(this.#deps.pod)
    return this.#session.openStream()
  }

  /** Takes all intercepts off the pod and ends the session. Never rejects. */
  async stop (): Promise<void> {
    this.#stopped.abort()
    this.#carrier.stop()
    await Promise.all([...this.#intercepts.keys()].map(async name => { await this.remove(name) }))
    const session = this.#session
    if (session === undefined) return
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const cancel = this.#deps.clock.after(CLOSE_TIMEOUT_MS, resolve)
    await Promise.race([session.close(), late])
    cancel()
    session.destroy()
  }

  async #run (): Promise<void> {
    const { signal } = this.#stopped
    let backoffMs = FIRST_BACKOFF_MS
    while (!signal.aborted) {
      this.#hasDiverted = false
      const error = await this.#openOnce().then(() => ended(this.#deps.pod), toWaylayError)
      if (signal.aborted) return
      if (this.#hasDiverted) {
        backoffMs = FIRST_BACKOFF_MS
        this.#carrier.lost()
      }
      this.#setAll({ kind: FINAL.has(error.code) ? 'refused' : 'broken', error })
      // The proxy answered just now, it only forgot: nothing to wait for.
      if (error.code === 'WAYLAY_SESSION_UNKNOWN') continue
      await pause(this.#deps.clock, backoffMs, signal)
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)
    }
  }

  /** Resolves or rejects when the session is over. */
  async #openOnce (): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const session = openSession({
      role: 'cli',
      openCarrier: this.#deps.openCarrier,
      onCarrier: state => {
        if (this.#stopped.signal.aborted) return
        if (state === 'lost') this.#carrier.lost()
        else this.#carrier.resumed()
      },
      onStream: stream => {
        void deliverStream(stream, name => this.#intercepts.get(name)?.developer, this.#deps.pod)
      },
      onClose: error => {
        if (error === undefined) resolve()
        else reject(error)
      }
    })
    this.#session = session
    this.#control = this.#greet(session)
    try {
      await promise
    } finally {
      this.#control.close()
      this.#session = undefined
      this.#control = undefined
    }
  }

  #greet (session: Session): PodControl {
    const { namespace, pod, privateKey, clock } = this.#deps
    const fail = (error: unknown): void => { session.destroy(toWaylayError(error)) }
    const stream = session.openStream()
    const messages = createCliControl(stream, { onMessage: message => { control.receive(message) }, onError: fail })
    // Without its control stream the session is nothing; the proxy ends both at once.
    stream.on('end', () => { fail(ended(pod)) })
    const control = new PodControl({
      namespace,
      pod,
      privateKey,
      clock,
      send: message => { messages.send(message) },
      onFailure: fail,
      onWelcome: () => { for (const name of this.#states.keys()) this.renew(name) },
      onState: (name, state) => { this.#set(name, state) },
      find: name => this.#intercepts.get(name)
    })
    messages.send({ type: 'hello', protocol: TUNNEL_PROTOCOL_VERSION, version: VERSION, features: [] })
    return control
  }

  #set (name: string, state: PodState): void {
    // It was taken off meanwhile.
    if (!this.#states.has(name)) return
    if (state.kind === 'diverting') {
      this.#hasDiverted = true
      this.#carrier.resumed()
    }
    this.#states.set(name, state)
    this.#intercepts.get(name)?.onState(state)
  }

  #setAll (state: PodState): void {
    for (const name of [...this.#states.keys()]) this.#set(name, state)
  }

  #onCarrier (state: CarrierChange): void {
    this.#deps.onCarrier(state)
    for (const [name, known] of [...this.#states]) {
      if (state.kind === 'lost' && known.kind === 'diverting') this.#set(name, { kind: 'lost' })
      if (state.kind === 'resumed' && known.kind === 'lost') this.#set(name, { kind: 'diverting' })
    }
  }
}

function ended (pod: string): WaylayError {
  return new WaylayError('WAYLAY_TUNNEL_FAILED', `Pod ${pod} ended the session`)
}

function noSession (pod: string): WaylayError {
  return new WaylayError('WAYLAY_TUNNEL_FAILED', `There is no session to pod ${pod} now`)
}
