import type { KeyObject } from 'node:crypto'
import { assertNever } from '../../../common/assert-never.ts'
import { TUNNEL_PROTOCOL_VERSION } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import { VERSION } from '../../../common/version.ts'
import { signProof } from '../../../intercepts/proof.ts'
import type { Added, Check, Checked, Ended, FromCli, FromProxy, Refused, Welcome } from '../../../tunnel/control-messages.ts'
import type { StandClock } from '../../clock.ts'
import type { PodIntercept, PodState } from './pod-intercept.ts'
import { warnOfNoSecret } from '../report/tls-text.ts'

export type PodControlDeps = {
  readonly namespace: string
  readonly pod: string
  readonly privateKey: KeyObject
  readonly clock: StandClock
  readonly send: (message: FromCli) => void
  /** The two sides do not understand each other: the session must end. */
  readonly onFailure: (error: WaylayError) => void
  /** The pod gave its nonce: intercepts can be added. */
  readonly onWelcome: () => void
  readonly onState: (intercept: string, state: PodState) => void
  readonly find: (intercept: string) => PodIntercept | undefined
}

/** The proxy waits up to a second for answers that are under way. */
const REMOVE_TIMEOUT_MS = 1500
const CHECK_TIMEOUT_MS = 5000
/** A route that was taken away is asked for again after this: by then we know whether it is still ours. */
const ADD_AGAIN_MS = 1000

/** What one session says on its control stream, from hello to its end. */
export class PodControl {
  readonly #deps: PodControlDeps
  /** Tickets were sent for these. */
  readonly #asked = new Set<string>()
  readonly #diverting = new Set<string>()
  readonly #removals = new Map<string, () => void>()
  readonly #checks = new Map<string, (answer: Checked | undefined) => void>()
  readonly #timers = new Set<() => void>()
  #welcome: Welcome | undefined
  #isClosed = false

  constructor (deps: PodControlDeps) {
    this.#deps = deps
  }

  get isWelcome (): boolean {
    return this.#welcome !== undefined
  }

  receive (message: FromProxy): void {
    switch (message.type) {
      case 'welcome': return this.#greet(message)
      case 'added': return this.#added(message)
      case 'removed': return this.#removals.get(message.intercept)?.()
      case 'refused': return this.#refused(message)
      case 'ended': return this.#ended(message)
      case 'event': return this.#deps.find(message.intercept)?.onEvent(message)
      case 'checked': return this.#checks.get(message.nonce)?.(message)
      default: return assertNever(message)
    }
  }

  /** Sends ticket and proof, as soon as both are there. */
  add (intercept: PodIntercept): void {
    void this.#send(intercept)
  }

  /** Resolves when the pod has let go of it, or did not answer in time. */
  async remove (name: string): Promise<void> {
    this.#diverting.delete(name)
    if (!this.#asked.delete(name) || this.#isClosed) return
    await new Promise<void>(resolve => {
      const cancel = this.#later(REMOVE_TIMEOUT_MS, resolve)
      this.#removals.set(name, () => {
        cancel()
        resolve()
      })
      this.#deps.send({ type: 'remove', intercept: name })
    })
    this.#removals.delete(name)
  }

  /** @throws {WaylayError} `WAYLAY_TUNNEL_FAILED` when no answer comes. */
  async check (check: Omit<Check, 'type'>): Promise<Checked> {
    const answer = await new Promise<Checked | undefined>(resolve => {
      const cancel = this.#later(CHECK_TIMEOUT_MS, () => { resolve(undefined) })
      this.#checks.set(check.nonce, found => {
        cancel()
        resolve(found)
      })
      this.#deps.send({ type: 'check', ...check })
    })
    this.#checks.delete(check.nonce)
    if (answer !== undefined) return answer
    throw new WaylayError('WAYLAY_TUNNEL_FAILED', `Pod ${this.#deps.pod} did not answer the check of the callers' way`)
  }

  /** The session is over: nobody waits for an answer any more. */
  close (): void {
    this.#isClosed = true
    for (const done of this.#removals.values()) done()
    for (const done of this.#checks.values()) done(undefined)
    for (const cancel of this.#timers) cancel()
  }

  async #send ({ name, hostHeader, ticket: readTicket }: PodIntercept): Promise<void> {
    const { namespace, pod, privateKey, find, send } = this.#deps
    if (this.#welcome === undefined) return
    const { nonce } = this.#welcome
    // Without a ticket the intercept as a whole has failed, and whoever made it takes it off.
    const ticket = await readTicket().catch(() => undefined)
    if (ticket === undefined || this.#isClosed || find(name) === undefined) return
    this.#asked.add(name)
    const proof = signProof(privateKey, namespace, pod, nonce)
    send({ type: 'add', intercept: name, ticket, proof, ...(hostHeader !== undefined && { hostHeader }) })
  }

  #greet (welcome: Welcome): void {
    const { pod } = this.#deps
    if (welcome.protocol !== TUNNEL_PROTOCOL_VERSION) {
      return this.#deps.onFailure(new WaylayError('WAYLAY_TUNNEL_PROTOCOL',
        `Pod ${pod} speaks protocol ${welcome.protocol} (waylay ${welcome.version}), this program ${TUNNEL_PROTOCOL_VERSION} (waylay ${VERSION})`))
    }
    this.#welcome = welcome
    this.#deps.onWelcome()
  }

  #added ({ intercept, bypassing }: Added): void {
    if (!this.#asked.has(intercept)) return
    const isNew = !this.#diverting.has(intercept)
    this.#diverting.add(intercept)
    if (!isNew) return
    this.#deps.onState(intercept, { kind: 'diverting' })
    const { pod, namespace, find } = this.#deps
    const found = find(intercept)
    const port = this.#welcome?.ports.find(state => state.port === found?.port)
    if (port?.redirected === false) {
      found?.onNote(`Warning: pod ${pod} could not set up its redirect; its requests go to the app. See: kubectl -n ${namespace} describe pod ${pod}`)
    }
    if (port?.tls === 'no-secret') found?.onNote(warnOfNoSecret(pod, port.port))
    if (bypassing > 0) found?.onNote(describeBypassing(pod, bypassing))
  }

  #refused ({ intercept, code, message }: Refused): void {
    // A renewed ticket that was refused: the old one holds until its end, which the pod will tell.
    if (this.#diverting.has(intercept)) return
    this.#deps.onState(intercept, { kind: 'refused', error: this.#error(code, message) })
  }

  #ended ({ intercept, code, message }: Ended): void {
    if (!this.#diverting.delete(intercept)) return
    this.#deps.onState(intercept, { kind: 'broken', error: this.#error(code, message) })
    this.#later(ADD_AGAIN_MS, () => {
      const found = this.#deps.find(intercept)
      if (found !== undefined) this.add(found)
    })
  }

  #error (code: WaylayError['code'], message: string): WaylayError {
    return new WaylayError(code, `Pod ${this.#deps.pod}: ${message}`)
  }

  #later (delayMs: number, run: () => void): () => void {
    const cancel = this.#deps.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      run()
    })
    this.#timers.add(cancel)
    return cancel
  }
}

function describeBypassing (pod: string, count: number): string {
  const what = count === 1 ? '1 connection' : `${count} connections`
  return `Pod ${pod}: ${what} opened earlier still ${count === 1 ? 'goes' : 'go'} to the app directly, until the caller opens a new one.`
}
