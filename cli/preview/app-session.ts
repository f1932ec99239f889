import { connect, type ClientHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { PortRefused } from '../cluster/port-forward-failure.ts'

export type AppSessionDeps = {
  /** Opens a connection to the app that speaks HTTP/2. Throws a WaylayError. */
  readonly dial: () => Promise<{ readonly stream: Duplex, readonly pod: string }>
  readonly isWanted: (pod: string) => boolean
  readonly nowMs?: () => number
  readonly pingMs?: number
}

type Open = {
  readonly session: ClientHttp2Session
  readonly pod: string
  /** When the app was last known to be there. */
  heardMs: number
  checking: Promise<boolean> | undefined
}

/** A pod's proxy, then its app, then the same of another pod. */
const MAX_TRIES = 4
/** A server's first SETTINGS come at once; one that speaks HTTP/1 only may wait for more. */
const SETTINGS_MS = 10_000
/** After a machine slept, or a network was changed, a connection may be dead and nobody tells. */
const HEARD_MS = 10_000
const PING_MS = 5000

/** One HTTP/2 connection to the app for all HTTP/2 callers, opened when it is needed. */
export class AppSession {
  readonly #deps: AppSessionDeps
  /** All that are not over: requests under way on an old one go on there. */
  readonly #streams = new Set<Duplex>()
  #opening: Promise<Open> | undefined
  #isStopped = false

  constructor (deps: AppSessionDeps) {
    this.#deps = deps
  }

  /** @throws {WaylayError} `WAYLAY_PREVIEW_BAD_RESPONSE` where the app speaks no HTTP/2, and what `dial` throws. */
  async get (): Promise<ClientHttp2Session> {
    const found = this.#opening
    const open = await found
    if (open !== undefined && await this.#isGood(open)) return open.session
    // Calls under way may be slow only: they go on.
    if (open !== undefined && !open.session.closed) open.session.close()
    // Of all that found the old one, the first opens anew.
    if (this.#opening === found) this.#opening = undefined
    this.#opening ??= this.#start()
    return (await this.#opening).session
  }

  stop (): void {
    this.#isStopped = true
    for (const stream of this.#streams) stream.destroy()
  }

  async #isGood (open: Open): Promise<boolean> {
    const isGood = (): boolean => isUsable(open.session) && this.#deps.isWanted(open.pod)
    if (!isGood()) return false
    if (Math.abs(this.#nowMs() - open.heardMs) < HEARD_MS) return true
    const checked = (): void => { open.checking = undefined }
    open.checking ??= answersPing(open.session, this.#deps.pingMs ?? PING_MS).finally(checked)
    if (!await open.checking) return false
    open.heardMs = this.#nowMs()
    return isGood()
  }

  #start (): Promise<Open> {
    const opening = this.#open()
    const forget = (): void => { if (this.#opening === opening) this.#opening = undefined }
    opening.then(({ session }) => { session.once('close', forget) }, forget)
    return opening
  }

  async #open (): Promise<Open> {
    for (let tries = 1; ; tries++) {
      try {
        const { stream, pod } = await this.#deps.dial()
        this.#keep(stream)
        return { session: await start(stream), pod, heardMs: this.#nowMs(), checking: undefined }
      } catch (error) {
        if (!(error instanceof PortRefused) || tries === MAX_TRIES) throw toWaylayError(error)
      }
    }
  }

  // By the wall clock: the other one stands still while the machine sleeps.
  #nowMs (): number {
    return this.#deps.nowMs?.() ?? Date.now()
  }

  #keep (stream: Duplex): void {
    if (this.#isStopped) stream.destroy()
    if (stream.closed) return
    this.#streams.add(stream)
    stream.once('close', () => { this.#streams.delete(stream) })
  }
}

function isUsable (session: ClientHttp2Session): boolean {
  return !session.closed && !session.destroyed
}

async function answersPing (session: ClientHttp2Session, withinMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => { resolve(false) }, withinMs)
  try {
    if (!session.ping(error => { resolve(error === null) })) return false
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

async function start (stream: Duplex): Promise<ClientHttp2Session> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientHttp2Session>()
  const session = connect('http://app', { createConnection: () => stream })
  const fail = (error?: Error): void => {
    session.destroy()
    reject(error instanceof WaylayError
      ? error
      : new WaylayError('WAYLAY_PREVIEW_BAD_RESPONSE', 'The app does not speak HTTP/2 on this port', { cause: error }))
  }
  stream.once('error', fail)
  if (stream.errored !== null) fail(stream.errored)
  const timer = setTimeout(fail, SETTINGS_MS)
  session.once('remoteSettings', () => { resolve(session) })
  session.on('error', fail)
  session.once('close', () => { fail() })
  session.once('goaway', () => { session.close() })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
