import type { Duplex } from 'node:stream'
import type { RequestHead } from '../http1/request-head.ts'
import type { ConnectionDeps } from './connection-deps.ts'
import type { DeveloperLink } from './developer-link.ts'
import { DeveloperLinks } from './developer-links.ts'
import { DivertedTurn } from './diverted-turn.ts'
import { writeOwnAnswer, type AnswerCode } from './own-answer.ts'
import { isPassedBy, type Route } from './route.ts'

/** Whose developers they are. */
export type DeveloperSideOwner = {
  toCaller (bytes: Buffer): void
  /** The developer takes bytes of a request again. */
  updateFlow (): void
  /** The response is complete. `closes`: the caller's connection ends with it. */
  onDivertedEnd (closes: boolean): void
  /** From here on the two sides speak something else; `rest` is the first of it from the developer. */
  onUpgrade (stream: Duplex, rest: Buffer): void
  /** Part of a response was sent: only a reset is honest now. */
  destroy (): void
}

/** The developers that answer turns of one caller's connection: one turn at a time, each on a link that is kept. */
export class DeveloperSide {
  readonly #owner: DeveloperSideOwner
  readonly #connection: ConnectionDeps
  #links: DeveloperLinks | undefined
  #turn: DivertedTurn | undefined

  constructor (connection: ConnectionDeps, owner: DeveloperSideOwner) {
    this.#connection = connection
    this.#owner = owner
  }

  /** Whether a developer answers now. */
  get busy (): boolean {
    return this.#turn !== undefined
  }

  /** Whether the caller must wait before it sends more. */
  get needsDrain (): boolean {
    return this.#turn?.needsDrain === true
  }

  /** Whether a route can have a turn: a link of its own is kept, or may be opened. */
  mayTake (route: Route): boolean {
    return !isPassedBy(route) && (this.#links?.has(route) === true || this.#connection.mayDivert(route))
  }

  /**
   * The link of a route.
   *
   * @param fresh never a kept one.
   * @throws when the developer's session is gone.
   */
  link (route: Route, fresh = false): DeveloperLink {
    if (this.#links === undefined) {
      const { port, caller, routes } = this.#connection
      this.#links = new DeveloperLinks({ port, protocol: 'http/1.1', caller }, routes)
    }
    return this.#links.get(route, fresh)
  }

  /** Begins a turn. `head` may be asked only now; `bytes` are its own. */
  divert (route: Route, head: RequestHead, bytes: Buffer): void {
    if (route.ownAnswer !== undefined) return this.#sendOwn(route.ownAnswer)
    const { method } = head
    const owner = this.#owner
    let turn: DivertedTurn
    try {
      turn = new DivertedTurn({
        link: fresh => this.link(route, fresh),
        toCaller: piece => owner.toCaller(piece),
        onDrain: () => owner.updateFlow(),
        onBroken: () => owner.destroy(),
        onUpgrade: (stream, rest) => owner.onUpgrade(stream, rest),
        onEnd: closes => owner.onDivertedEnd(closes),
        onFailure: (code, message) => this.#answer(code, message, method)
      }, head, bytes)
    } catch {
      return this.#answer('WAYLAY_DEVELOPER_GONE', 'The developer has no session', method)
    }
    this.#turn = turn
    turn.begin()
  }

  /** Sends a piece of the request's body. */
  write (bytes: Buffer): void {
    this.#turn?.write(bytes)
  }

  /** The caller ended its side. */
  endRequests (): void {
    this.#turn?.endRequests()
  }

  /**
   * The turn is over.
   *
   * @param requestIsOpen its request is not complete: the program would take the next one for the rest of its body.
   */
  endTurn (requestIsOpen: boolean): void {
    if (requestIsOpen) this.#turn?.abort()
    this.#turn = undefined
  }

  pause (): void {
    this.#turn?.pause()
  }

  resume (): void {
    this.#links?.resume()
  }

  /** From here on nobody reads what a link sends before a turn uses it. */
  silence (): void {
    this.#links?.silence()
  }

  /** Ends everything, but for a stream that somebody else took over. */
  abort (except?: Duplex): void {
    this.#links?.abortAll(except)
  }

  /** The caller is gone. */
  reset (): void {
    this.#turn?.abort()
    this.#links?.abortAll()
  }

  #answer (code: AnswerCode, message: string, method: string): void {
    this.#sendOwn(writeOwnAnswer(code, message, method))
  }

  // It says `Connection: close`.
  #sendOwn (answer: Buffer): void {
    this.#turn = undefined
    this.#owner.toCaller(answer)
    this.#owner.onDivertedEnd(true)
  }
}
