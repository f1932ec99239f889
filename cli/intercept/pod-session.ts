import type { KeyObject } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { assertNever } from '../../common/assert-never.ts'
import { TUNNEL_PROTOCOL_VERSION } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import type { WaylayCode } from '../../common/failures.ts'
import { VERSION } from '../../common/version.ts'
import { signProof } from '../../intercepts/proof.ts'
import { createCliControl, type Control } from '../../tunnel/control.ts'
import type { FromCli, FromProxy, TunnelEvent, Welcome } from '../../tunnel/control-messages.ts'
import { openSession, type Session } from '../../tunnel/session.ts'
import { warnOfNoSecret } from './tls-text.ts'

/** What a session proves itself with. */
export type Credential = {
  /** Name of the Intercept. */
  readonly intercept: string
  readonly ticket: string
}

export type PodSessionDeps = {
  readonly namespace: string
  /** The pod as the API server names it, not as it names itself: that is what the proof binds. */
  readonly pod: string
  /** The app port of the intercept. */
  readonly port: number
  readonly openCarrier: () => Promise<Duplex>
  /** The webhook's signature comes while the sessions are being opened. */
  readonly credential: Promise<Credential>
  readonly privateKey: KeyObject
  /** A caller's connection that the pod diverts to us. */
  readonly onStream: (stream: Duplex) => void
  readonly onState: (state: PodSessionState) => void
  readonly onEvent: (event: TunnelEvent) => void
  readonly onNote: (line: string) => void
}

export type PodSessionState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'diverting' }
  /** Tried again after a while. */
  | { readonly kind: 'broken', readonly error: WaylayError }
  /** Not tried again: the answer would be the same. */
  | { readonly kind: 'refused', readonly error: WaylayError }

/** The session to one pod, opened again whenever it breaks. */
export type PodSession = {
  /** Takes the intercept off the pod and ends the session. Never rejects. */
  stop (): Promise<void>
}

const FIRST_BACKOFF_MS = 200
const LAST_BACKOFF_MS = 5000
// A pod that answers does so within a round trip; one that does not is left to notice by itself.
/** The proxy waits up to a second for answers that are under way. */
const REMOVE_TIMEOUT_MS = 1500
const CLOSE_TIMEOUT_MS = 300

const FINAL: ReadonlySet<WaylayCode> = new Set([
  'WAYLAY_FORBIDDEN', 'WAYLAY_TICKET_REFUSED', 'WAYLAY_TUNNEL_PROTOCOL', 'WAYLAY_PORT_UNKNOWN', 'WAYLAY_CONFLICT'
])

export function openPodSession (deps: PodSessionDeps): PodSession {
  const session = new ReopeningSession(deps)
  void session.run()
  return session
}

class ReopeningSession implements PodSession {
  readonly #deps: PodSessionDeps
  readonly #stopped = new AbortController()
  #session: Session | undefined
  #control: Control<FromCli> | undefined
  #isDiverting = false
  #onRemoved: (() => void) | undefined

  constructor (deps: PodSessionDeps) {
    this.#deps = deps
  }

  async run (): Promise<void> {
    const { signal } = this.#stopped
    let backoffMs = FIRST_BACKOFF_MS
    while (!signal.aborted) {
      const error = await this.#openOnce().then(() => ended(), toWaylayError)
      if (this.#isDiverting) backoffMs = FIRST_BACKOFF_MS
      this.#isDiverting = false
      if (signal.aborted) return
      const isFinal = FINAL.has(error.code)
      this.#deps.onState({ kind: isFinal ? 'refused' : 'broken', error })
      if (isFinal) return
      await delay(backoffMs, undefined, { signal }).catch(() => {})
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)
    }
  }

  async stop (): Promise<void> {
    this.#stopped.abort()
    const session = this.#session
    if (session === undefined) return
    if (this.#isDiverting) await this.#remove()
    await Promise.race([session.close(), delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
    session.destroy()
  }

  /** Resolves or rejects when the session is over. */
  async #openOnce (): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const session = openSession({
      role: 'cli',
      openCarrier: this.#deps.openCarrier,
      onStream: this.#deps.onStream,
      onClose: error => {
        if (error === undefined) resolve()
        else reject(error)
      }
    })
    const fail = (error: unknown): void => { session.destroy(toWaylayError(error)) }
    const stream = session.openStream()
    const control = createCliControl(stream, {
      onMessage: message => { this.#receive(message, control).catch(fail) },
      onError: fail
    })
    // Without its control stream the session is nothing; the proxy ends both at once.
    stream.on('end', () => { fail(ended()) })
    control.send({ type: 'hello', protocol: TUNNEL_PROTOCOL_VERSION, version: VERSION, features: [] })
    this.#session = session
    this.#control = control
    try {
      await promise
    } finally {
      this.#session = undefined
      this.#control = undefined
    }
  }

  async #receive (message: FromProxy, control: Control<FromCli>): Promise<void> {
    switch (message.type) {
      case 'welcome': return await this.#add(message, control)
      case 'added':
        this.#isDiverting = true
        this.#deps.onState({ kind: 'diverting' })
        if (message.bypassing > 0) this.#deps.onNote(describeBypassing(this.#deps.pod, message.bypassing))
        return
      case 'removed': return this.#onRemoved?.()
      case 'event': return this.#deps.onEvent(message)
      case 'checked': return
      case 'refused':
      case 'ended': throw new WaylayError(message.code, `Pod ${this.#deps.pod}: ${message.message}`)
      default: return assertNever(message)
    }
  }

  async #add (welcome: Welcome, control: Control<FromCli>): Promise<void> {
    const { namespace, pod, port, privateKey, onNote } = this.#deps
    if (welcome.protocol !== TUNNEL_PROTOCOL_VERSION) {
      throw new WaylayError('WAYLAY_TUNNEL_PROTOCOL',
        `Pod ${pod} speaks protocol ${welcome.protocol} (waylay ${welcome.version}), this program ${TUNNEL_PROTOCOL_VERSION} (waylay ${VERSION})`)
    }
    // Without a credential the intercept as a whole has failed, and whoever made it ends us.
    const credential = await this.#deps.credential.catch(() => undefined)
    if (credential === undefined || this.#stopped.signal.aborted) return
    if (welcome.ports.some(({ redirected }) => !redirected)) {
      onNote(`Warning: pod ${pod} could not set up its redirect; its requests go to the app. See: kubectl -n ${namespace} describe pod ${pod}`)
    }
    if (welcome.ports.some(state => state.port === port && state.tls === 'no-secret')) onNote(warnOfNoSecret(pod, port))
    control.send({ type: 'add', ...credential, proof: signProof(privateKey, namespace, pod, welcome.nonce) })
  }

  async #remove (): Promise<void> {
    const { intercept } = await this.#deps.credential
    const removed = new Promise<void>(resolve => { this.#onRemoved = resolve })
    this.#control?.send({ type: 'remove', intercept })
    await Promise.race([removed, delay(REMOVE_TIMEOUT_MS, undefined, { ref: false })])
  }
}

function ended (): WaylayError {
  return new WaylayError('WAYLAY_TUNNEL_FAILED', 'The pod ended the session')
}

function describeBypassing (pod: string, count: number): string {
  const what = count === 1 ? '1 connection' : `${count} connections`
  return `Pod ${pod}: ${what} opened earlier still ${count === 1 ? 'goes' : 'go'} to the app directly, until the caller opens a new one.`
}
