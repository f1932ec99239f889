import type { Duplex } from 'node:stream'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import { readDialHead } from '../../tunnel/dial-head.ts'
import { reset, splice } from '../../tunnel/splice.ts'
import { encodeStreamReply } from '../../tunnel/stream-head.ts'
import { DIAL_HOST, dialHost, type DialHostDeps } from './dial-host.ts'

/** Connections that one session may have open; a browser behind SOCKS has a hundred. */
const MAX_OPEN = 256
const MAX_OPEN_IN_ALL = 1024
/** For the head of a stream, and again for the connection. */
const LIMIT_MS = 10_000

let openInAll = 0

export type SessionEgressDeps = {
  /** Owner of the ticket with consent that this session holds; undefined: it holds none. */
  readonly owner: () => string | undefined
  readonly log: Logger
  readonly limitMs?: number
  readonly maxOpen?: number
  readonly dial?: DialHostDeps
}

/** The connections that one developer's session opens from this pod to other hosts. */
export class SessionEgress {
  readonly #deps: SessionEgressDeps
  /** Ends each connection that is open. */
  readonly #open = new Map<Duplex, AbortController>()

  constructor (deps: SessionEgressDeps) {
    this.#deps = deps
  }

  get open (): number {
    return this.#open.size
  }

  /** A stream that the CLI opened after its control stream. */
  accept (stream: Duplex): void {
    stream.on('error', () => {})
    if (this.#open.size >= (this.#deps.maxOpen ?? MAX_OPEN) || openInAll >= MAX_OPEN_IN_ALL) {
      return refuse(stream, new WaylayError('WAYLAY_REACH_REFUSED',
        `Too many connections are open through this pod, ${this.#open.size} of this session`))
    }
    const over = new AbortController()
    this.#open.set(stream, over)
    openInAll++
    stream.once('close', () => {
      over.abort(new WaylayError('WAYLAY_TUNNEL_FAILED', 'The developer gave it up'))
      this.#open.delete(stream)
      openInAll--
    })
    void this.#serve(stream, over)
  }

  /** A ticket went: without consent nothing stays open. */
  review (): void {
    if (this.#deps.owner() === undefined) this.close()
  }

  close (): void {
    for (const [stream, over] of this.#open) {
      over.abort(new WaylayError('WAYLAY_EGRESS_FORBIDDEN', 'The intercept ended'))
      reset(stream)
    }
  }

  async #serve (stream: Duplex, over: AbortController): Promise<void> {
    const { log, limitMs = LIMIT_MS, dial = DIAL_HOST } = this.#deps
    const late = setTimeout(() => { stream.destroy() }, limitMs)
    const head = await readDialHead(stream).catch(() => undefined)
    clearTimeout(late)
    if (head === undefined) {
      stream.destroy()
      return
    }
    const { host, port, rest } = head
    const owner = this.#deps.owner()
    const fields = { host, port, owner }
    const timer = setTimeout(() => over.abort(timedOut(host, port, limitMs)), limitMs)
    try {
      if (owner === undefined) throw forbidden()
      log.info({ event: 'egress.dial', ...fields }, 'dialling for a developer')
      const socket = await dialHost(host, port, over.signal, dial)
      if (over.signal.aborted || stream.destroyed) {
        socket.destroy()
        return
      }
      stream.write(encodeStreamReply({ ok: true }))
      if (rest.length > 0) socket.write(rest)
      splice(stream, socket)
    } catch (error) {
      const failure = toWaylayError(error)
      log.info({ event: 'egress.failed', ...fields, code: failure.code }, 'a dial for a developer failed')
      refuse(stream, failure)
    } finally {
      clearTimeout(timer)
    }
  }
}

function refuse (stream: Duplex, { code, message }: WaylayError): void {
  stream.end(encodeStreamReply({ ok: false, code, message }))
  // What still comes is nobody's, but unread it would keep the stream from closing.
  stream.resume()
}

function forbidden (): WaylayError {
  return new WaylayError('WAYLAY_EGRESS_FORBIDDEN', 'The namespace does not let developers reach other hosts through its pods')
}

function timedOut (host: string, port: number, limitMs: number): WaylayError {
  return new WaylayError('WAYLAY_REACH_REFUSED', `${host} port ${port} did not answer within ${Math.round(limitMs / 1000)} s`)
}
