import type { RequestHead } from '../http1/request-head.ts'
import { endsHttp, isInterim, type ResponseHead } from '../http1/response-head.ts'
import { ResponseReader } from '../http1/response-reader.ts'
import { Fifo } from '../tunnel/fifo.ts'

/** Nobody pipelines as many; more would be kept for each request that an app reads and does not answer. */
const MAX_OPEN = 1000

/** Whose turns they are. */
export type AppTurnsOwner = {
  /** The response of the oldest turn is complete. */
  pump (): void
  /** The connection is opaque from here on. No reason: nothing odd, HTTP ended as it may. */
  goOpaque (reason: string | undefined): void
}

type AppTurn = {
  readonly method: string
  /** Nothing may be sent after it before its response: Upgrade, CONNECT, Expect. */
  readonly holds: boolean
  readonly expectContinue: boolean
  bodyStarted: boolean
}

/** The requests that went to the app on one connection, and where their responses end. */
export class AppTurns {
  readonly #owner: AppTurnsOwner
  readonly #open = new Fifo<AppTurn>()
  #newest: AppTurn | undefined
  /** How many of them hold the next one. */
  #holding = 0
  readonly #reader = new ResponseReader()
  #closes = false
  #over = false

  constructor (owner: AppTurnsOwner) {
    this.#owner = owner
  }

  /** Whether every response is complete. */
  get empty (): boolean {
    return this.#open.length === 0
  }

  /** Whether a request that was sent forbids the next one until it is answered. */
  get holdsNext (): boolean {
    return this.#holding > 0
  }

  /** Whether so many are open that the next one has to wait for an answer. */
  get isFull (): boolean {
    return this.#open.length >= MAX_OPEN
  }

  /** A request's head was sent. */
  open (head: RequestHead): void {
    const holds = head.upgrade || head.method === 'CONNECT' || head.expectContinue
    if (holds) this.#holding++
    this.#newest = { method: head.method, holds, expectContinue: head.expectContinue, bodyStarted: false }
    this.#open.push(this.#newest)
  }

  /** Some of the newest request's body was sent. */
  startBody (): void {
    if (this.#newest !== undefined) this.#newest.bodyStarted = true
  }

  /** Follows what the app sent. The bytes themselves are already on their way to the caller. */
  read (bytes: Buffer, from: number, to: number): void {
    const openBefore = this.#open.length
    this.#follow(bytes, from, to)
    // Not before all of it is read: bytes behind the last response must be seen before a next turn begins.
    if (!this.#over && this.#open.length < openBefore) this.#owner.pump()
  }

  #follow (bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to && !this.#over) {
      const turn = this.#open.peek()
      if (turn === undefined) {
        this.#end('bytes-without-request')
        return
      }
      const step = this.#reader.step(bytes, at, to, turn)
      if (step.kind === 'more') return
      if (step.kind === 'malformed') {
        this.#end('response-malformed')
        return
      }
      at = step.next
      if (step.kind === 'head' && !this.#onHead(step.head, turn)) return
      if (step.done) this.#finish()
    }
  }

  // Returns false when HTTP is over.
  #onHead (head: ResponseHead, turn: AppTurn): boolean {
    this.#closes = head.closes
    if (endsHttp(head.status, turn)) return this.#end(undefined)
    if (isInterim(head.status)) {
      this.#closes = false
      return true
    }
    // The caller may now send the body or leave it out: nobody can tell where the next request begins.
    if (turn.expectContinue && !turn.bodyStarted) return this.#end('expect-refused')
    if (head.framing.kind === 'until-close') return this.#end(undefined)
    return true
  }

  #finish (): void {
    if (this.#open.shift()?.holds === true) this.#holding--
    // The app closes after this response, so no later request on this connection can be answered by anybody.
    if (this.#closes) this.#end(undefined)
  }

  #end (reason: string | undefined): false {
    this.#over = true
    this.#owner.goOpaque(reason)
    return false
  }
}
