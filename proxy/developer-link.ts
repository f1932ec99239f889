import type { Duplex } from 'node:stream'
import { createReplyParser, encodeStreamHead, type ReplyParser } from '../tunnel/stream-head.ts'
import type { StreamHead } from '../tunnel/control-messages.ts'
import { ListenerSet } from './listener-set.ts'
import type { AnswerCode } from './own-answer.ts'
import type { Route } from './route.ts'

/** Who listens to a link: the turn that uses it now. */
export type LinkListener = {
  readonly onData: (bytes: Buffer) => void
  /** The program ended its side in an orderly way. */
  readonly onEnd: () => void
  /** Nothing more will come: the program refused, the session ended, the stream was reset. */
  readonly onFailure: (code: AnswerCode, message: string) => void
  readonly onDrain: () => void
  /** The far side accepted; whoever wants to take the stream over may do it now. `rest` are its first bytes. */
  readonly onAccepted?: (rest: Buffer) => void
}

/**
 * One stream to a developer, kept for all turns of one caller connection that go to the same intercept, as the
 * connection to the app is kept for the others.
 */
export class DeveloperLink {
  readonly route: Route
  readonly stream: Duplex
  /** How many turns used it. Over 1, a silent end may be an idle time-out of the developer's program. */
  uses = 0
  #listener: LinkListener | undefined
  readonly #listeners = new ListenerSet()
  #replied = false
  #ended = false

  /** @throws when the developer's session is gone. */
  constructor (route: Route, head: Omit<StreamHead, 'intercept'>) {
    this.route = route
    this.stream = route.openStream()
    // Held back until the request follows, so that both leave in one frame.
    this.stream.cork()
    this.stream.write(encodeStreamHead({ intercept: route.intercept, ...head }))
    this.#listen()
  }

  /** Whether another turn can use it. */
  get usable (): boolean {
    return !this.#ended && !this.stream.destroyed && this.stream.writable
  }

  /** Whether the far side has accepted; before that no byte of the program can have come. */
  get accepted (): boolean {
    return this.#replied
  }

  listen (listener: LinkListener | undefined): void {
    this.#listener = listener
  }

  /** Sends request bytes. Returns false when the caller must wait for `onDrain`. */
  write (bytes: Buffer): boolean {
    const more = this.stream.write(bytes)
    this.flush()
    return more
  }

  /** Sends the stream's head without waiting for a request. */
  flush (): void {
    while (this.stream.writableCorked > 0) this.stream.uncork()
  }

  /** Hands the accepted stream over to somebody who copies bytes. */
  release (): Duplex {
    this.flush()
    this.#listener = undefined
    this.#listeners.clear()
    return this.stream
  }

  /** Ends our side in an orderly way: the program said that it will close. */
  retire (): void {
    this.#ended = true
    this.#listener = undefined
    this.stream.end()
  }

  /** Ends the stream at once. */
  abort (): void {
    this.#listener = undefined
    this.stream.on('error', () => {})
    this.stream.destroy()
  }

  #listen (): void {
    const reply = createReplyParser()
    this.#listeners
      .on(this.stream, 'data', (bytes: Buffer) => {
        if (this.#replied) return this.#receive(bytes)
        try {
          this.#onReply(reply.push(bytes))
        } catch (error) {
          this.#fail('WAYLAY_DEVELOPER_GONE', `The developer's side answered something else: ${String(error)}`)
        }
      })
      .on(this.stream, 'end', () => {
        this.#ended = true
        if (this.#replied) this.#listener?.onEnd()
        else this.#fail(undefined, 'the developer\'s side closed the stream')
      })
      .on(this.stream, 'drain', () => this.#listener?.onDrain())
      .on(this.stream, 'error', (error: NodeJS.ErrnoException) => {
        // The streams of a session end before its route knows.
        this.#fail(error.code === 'ECONNABORTED' ? 'WAYLAY_DEVELOPER_GONE' : undefined, error.message)
      })
      .on(this.stream, 'close', () => {
        if (!this.#ended) this.#fail(undefined, 'the stream to the developer was cut')
      })
  }

  #onReply (parsed: ReturnType<ReplyParser['push']>): void {
    if (parsed === undefined) return
    if (!parsed.reply.ok) return this.#fail(refusalCode(parsed.reply.code), parsed.reply.message)
    this.#replied = true
    const takeOver = this.#listener?.onAccepted
    if (takeOver !== undefined) takeOver(parsed.rest)
    else if (parsed.rest.length > 0) this.#receive(parsed.rest)
  }

  // What no turn asked for would be taken for the next one's answer.
  #receive (bytes: Buffer): void {
    if (this.#listener === undefined) this.retire()
    else this.#listener.onData(bytes)
  }

  #fail (code: AnswerCode | undefined, message: string): void {
    const listener = this.#listener
    this.#ended = true
    this.abort()
    // Before the far side's reply nothing can be said about the program: the way to it is what broke.
    const gone = !this.#replied || this.route.isGone()
    listener?.onFailure(code ?? (gone ? 'WAYLAY_DEVELOPER_GONE' : 'WAYLAY_DEVELOPER_BAD_RESPONSE'), message)
  }
}

function refusalCode (code: string): AnswerCode {
  return code === 'WAYLAY_DEVELOPER_REFUSED' ? code : 'WAYLAY_DEVELOPER_BAD_RESPONSE'
}
