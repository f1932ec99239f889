import type { KeyObject } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { WaylayError } from '../../../common/errors.ts'
import type { Check, Checked } from '../../../tunnel/control-messages.ts'
import type { CarrierChange } from '../report/carrier-news.ts'
import type { StandClock } from '../../clock.ts'
import type { PodIntercept } from './pod-intercept.ts'
import { PodSession } from './pod-session.ts'

/** One pod. A pod of a StatefulSet comes back under its name: only the uid tells the two apart. */
export type PodRef = {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Where other pods reach it; unknown until it has one. */
  readonly address?: string | undefined
}

export type SessionPoolDeps = {
  readonly openCarrier: (namespace: string, pod: string) => Promise<Duplex>
  readonly privateKey: KeyObject
  readonly clock: StandClock
  readonly onCarrier: (pod: PodRef, state: CarrierChange) => void
  /** 0 to 1. */
  readonly random: () => number
}

type Entry = { readonly pod: PodRef, readonly session: PodSession, readonly names: Set<string> }

// The pods are not all to check a signature in the same millisecond.
const RENEWAL_SPREAD_MS = 5000

/** The sessions of this process: one to each pod, shared by all intercepts that are on it. */
export class SessionPool {
  readonly #deps: SessionPoolDeps
  readonly #entries = new Map<string, Entry>()
  #turn = 0

  constructor (deps: SessionPoolDeps) {
    this.#deps = deps
  }

  /** Sessions that there are, whatever their state. */
  get size (): number {
    return this.#entries.size
  }

  /** Puts the intercept on the pod; the first one opens the session. */
  join (pod: PodRef, intercept: PodIntercept): void {
    const { session, names } = this.#entries.get(pod.uid) ?? this.#open(pod)
    names.add(intercept.name)
    session.add(intercept)
  }

  /** Takes the intercept off the pod; the last one ends the session. Never rejects. */
  async leave ({ uid }: PodRef, name: string): Promise<void> {
    const entry = this.#entries.get(uid)
    if (entry?.names.delete(name) !== true) return
    if (entry.names.size > 0) return await entry.session.remove(name)
    this.#entries.delete(uid)
    await entry.session.stop()
  }

  /** Hands the newer ticket of an intercept to every pod that has it. */
  renew (name: string): void {
    for (const { names, session } of this.#entries.values()) {
      if (!names.has(name)) continue
      this.#deps.clock.after(this.#deps.random() * RENEWAL_SPREAD_MS, () => { session.renew(name) })
    }
  }

  /**
   * Opens a stream to the proxy of any pod that has the intercept, another one each time.
   *
   * @throws {WaylayError} `WAYLAY_TUNNEL_FAILED` when no session to one of them is open.
   */
  openStream (intercept: string): Duplex {
    const open = this.#withIntercept(intercept)
    const chosen = open[this.#turn++ % open.length]
    if (chosen === undefined) {
      throw new WaylayError('WAYLAY_TUNNEL_FAILED', 'There is no session to any pod of the workload now')
    }
    return chosen.session.openStream()
  }

  /** Pods of the intercept whose session is open. */
  podsOf (intercept: string): readonly PodRef[] {
    return this.#withIntercept(intercept).map(({ pod }) => pod)
  }

  /**
   * Asks one pod's proxy to send a marked request along the callers' way.
   *
   * @throws {WaylayError} `WAYLAY_TUNNEL_FAILED` without a session, or without an answer.
   */
  async check ({ uid, name }: PodRef, check: Omit<Check, 'type'>): Promise<Checked> {
    const entry = this.#entries.get(uid)
    if (entry === undefined) throw new WaylayError('WAYLAY_TUNNEL_FAILED', `There is no session to pod ${name}`)
    return await entry.session.check(check)
  }

  /** Ends all sessions, orderly. */
  async stop (): Promise<void> {
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    await Promise.all(entries.map(async ({ session }) => { await session.stop() }))
  }

  #withIntercept (intercept: string): readonly Entry[] {
    return [...this.#entries.values()].filter(({ names, session }) => names.has(intercept) && session.isOpen)
  }

  #open (pod: PodRef): Entry {
    const { openCarrier, onCarrier, privateKey, clock } = this.#deps
    const session = new PodSession({
      namespace: pod.namespace,
      pod: pod.name,
      openCarrier: async () => await openCarrier(pod.namespace, pod.name),
      privateKey,
      clock,
      onCarrier: state => { onCarrier(pod, state) }
    })
    const entry = { pod, session, names: new Set<string>() }
    this.#entries.set(pod.uid, entry)
    return entry
  }
}
