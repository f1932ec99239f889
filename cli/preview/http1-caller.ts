import type { Socket } from 'node:net'
import { WaylayError } from '../../common/errors.ts'
import { RequestReader } from '../../http1/request-reader.ts'
import { splice } from '../../tunnel/splice.ts'
import type { AppConnection } from './app-connection.ts'
import { readAsked, type Asked } from './asked.ts'
import type { Site } from './site.ts'
import { Turn } from './turn.ts'
import type { TurnCaller } from './turn-caller.ts'

/** So that no reset overtakes the answer: what still comes is read and dropped, not for ever. */
const LINGER_MS = 1000
const KEEP_ALIVE_MS = 5000
const NOTHING = Buffer.alloc(0)

/** One connection of a browser or another program that speaks HTTP/1: one turn after the other. */
export class Http1Caller implements TurnCaller {
  readonly #socket: Socket
  readonly #site: Site
  readonly #reader = new RequestReader()
  #turn: Turn | undefined
  /** Came behind a request that is not answered yet. */
  #waiting: Buffer = NOTHING
  #isEnded = false
  #isOver = false

  /** @param socket paused; half-open allowed; its errors are heard already. */
  constructor (socket: Socket, site: Site) {
    this.#socket = socket
    this.#site = site
  }

  start (): void {
    const socket = this.#socket
    const { connections } = this.#site
    connections.addCaller(1)
    socket.on('data', (bytes: Buffer) => { this.#feed(bytes) })
    socket.on('drain', () => { this.#turn?.onCallerDrain() })
    socket.on('end', () => { this.#end() })
    socket.on('close', () => {
      connections.addCaller(-1)
      this.#turn?.onCallerGone()
    })
    socket.resume()
  }

  write (bytes: Buffer): boolean {
    return this.#socket.write(bytes)
  }

  cork (): void {
    this.#socket.cork()
  }

  uncork (): void {
    this.#socket.uncork()
  }

  pause (): void {
    this.#socket.pause()
  }

  resume (): void {
    if (this.#waiting.length === 0) this.#socket.resume()
  }

  abort (): void {
    this.#turn = undefined
    this.#socket.resetAndDestroy()
  }

  onAnswered (closes: boolean): void {
    this.#turn = undefined
    if (closes || this.#isEnded) {
      this.#finish()
      return
    }
    // Not at once: the turn is still in the middle of what it reads.
    if (this.#waiting.length > 0) setImmediate(() => { this.#feedWaiting() })
    else this.#socket.resume()
  }

  onUpgraded (app: AppConnection, rest: Buffer): void {
    const stream = app.release()
    const socket = this.#socket
    this.#turn = undefined
    for (const event of ['data', 'drain', 'end']) socket.removeAllListeners(event)
    if (rest.length > 0) socket.write(rest)
    if (this.#waiting.length > 0) stream.write(this.#waiting)
    splice(socket, stream)
  }

  #feed (bytes: Buffer): void {
    if (this.#isOver) return
    let from = 0
    while (from < bytes.length && !this.#isOver) {
      if (this.#turn?.isAsked === true) {
        this.#wait(bytes.subarray(from))
        return
      }
      const step = this.#reader.step(bytes, from, bytes.length)
      switch (step.kind) {
        case 'more': return
        case 'opaque':
        case 'greeting':
          this.#refuse()
          return
        case 'head':
          this.#begin(readAsked(step.head, this.#site), step.head.framing.kind !== 'none')
          break
        case 'body':
          this.#turn?.sendBody(bytes.subarray(from, step.next), step.done)
          break
      }
      from = step.next
    }
  }

  #begin (asked: Asked, hasBody: boolean): void {
    const turn = new Turn(this, this.#site, asked)
    this.#turn = turn
    if (asked.refusal !== undefined) turn.fail(asked.refusal)
    else turn.start(hasBody)
  }

  #wait (bytes: Buffer): void {
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes])
    this.#socket.pause()
  }

  #feedWaiting (): void {
    const bytes = this.#waiting
    this.#waiting = NOTHING
    this.#feed(bytes)
    if (this.#waiting.length === 0 && this.#turn === undefined && !this.#isOver) this.#socket.resume()
  }

  /** What came is no HTTP/1 that every server reads alike. */
  #refuse (): void {
    const failure = new WaylayError('WAYLAY_PREVIEW_MALFORMED', 'This is not one HTTP request')
    const asked: Asked = {
      method: '-',
      path: '-',
      accept: '',
      head: NOTHING,
      mapping: this.#site.mappingFor(undefined),
      keepAlive: false,
      isVersion10: false,
      upgrades: false,
      isRepeatable: false,
      refusal: failure
    }
    if (this.#turn === undefined) this.#begin(asked, false)
    else this.#turn.fail(failure)
  }

  /** The caller sends nothing more. */
  #end (): void {
    this.#isEnded = true
    if (this.#turn === undefined) this.#socket.end()
    // Half a request is none.
    else if (!this.#turn.isAsked) this.#socket.destroy()
    // Who closed their end may wait for the answer or may be gone. Their kernel says so, a minute later, when asked.
    else this.#socket.setKeepAlive(true, KEEP_ALIVE_MS)
  }

  #finish (): void {
    this.#isOver = true
    const socket = this.#socket
    socket.end(() => { setTimeout(() => { socket.destroy() }, LINGER_MS).unref() })
    socket.resume()
  }
}
