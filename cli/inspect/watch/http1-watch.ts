import type { RequestHead } from '../../../http1/request-head.ts'
import { RequestReader } from '../../../http1/request-reader.ts'
import { endsHttp, isInterim, type ResponseHead } from '../../../http1/response-head.ts'
import { ResponseReader } from '../../../http1/response-reader.ts'
import { valueOf, type Exchange, type Origin } from '../exchange.ts'
import type { ExchangeLog } from '../exchange-log.ts'
import { dataOf, type TakePiece } from './data-of.ts'
import { inflatersOf } from './message-inflater.ts'
import { CALLER_LEFT, PROGRAM_CLOSED, type StreamWatch } from '../../intercept/developer/stream-watch.ts'
import { WebSocketSide } from './websocket-side.ts'

const NO_PIECE: TakePiece = () => {}

/** Reads the turns of one connection to the developer's program, both ways, from the bytes that pass. */
export class Http1Watch implements StreamWatch {
  readonly #log: ExchangeLog
  readonly #origin: Origin
  readonly #requests = new RequestReader()
  readonly #responses = new ResponseReader()
  /** Whose response has not ended, the first one first. */
  readonly #open: Exchange[] = []
  #takeRequest = NO_PIECE
  #takeResponse = NO_PIECE
  #isConnected = false
  /** From here on the two sides speak something else. */
  #upgraded: { readonly exchange: Exchange, readonly sent: TakePiece, readonly received: TakePiece } | undefined
  #isBlind = false

  constructor (log: ExchangeLog, origin: Origin) {
    this.#log = log
    this.#origin = origin
  }

  toProgram (bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && !this.#isBlind) {
      if (this.#upgraded !== undefined) {
        this.#upgraded.sent(bytes, at, bytes.length)
        this.#upgraded.exchange.touched()
        return
      }
      const step = this.#requests.step(bytes, at, bytes.length)
      if (step.kind === 'more') return
      if (step.kind === 'opaque') return this.#giveUp(`The request cannot be read: ${step.reason}`)
      if (step.kind === 'head') this.#begin(step.head)
      if (step.kind === 'body') this.#onRequestBody(bytes, at, step.next, step.done)
      at = step.next
    }
  }

  connected (): void {
    this.#isConnected = true
    for (const exchange of this.#open) exchange.sent()
  }

  fromProgram (bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && !this.#isBlind) {
      const [exchange] = this.#open
      // Nobody asked for it: a server says that it closes an idle connection.
      if (exchange === undefined) return
      if (this.#upgraded !== undefined) {
        this.#upgraded.received(bytes, at, bytes.length)
        exchange.touched()
        return
      }
      const step = this.#responses.step(bytes, at, bytes.length, exchange)
      if (step.kind === 'more') return
      if (step.kind === 'malformed') return this.#giveUp('What the program sent is not one HTTP response')
      if (step.kind === 'head') this.#respond(exchange, step.head)
      else this.#onResponseBody(exchange, bytes, at, step.next)
      if (step.done && this.#upgraded === undefined) this.#end()
      at = step.next
    }
  }

  programEnded (): void {
    // A body without a length ends with the connection.
    if (this.#upgraded !== undefined || this.#responses.untilClose) this.#end()
    for (const exchange of this.#open.splice(0)) exchange.fail(PROGRAM_CLOSED)
  }

  closed (by: 'caller' | 'program' | 'refused', why?: string): void {
    for (const exchange of this.#open.splice(0)) {
      // Nobody waits for the end of a stream of events.
      const isUsual = by === 'caller' && (exchange.kind === 'events' || exchange.kind === 'websocket')
      if (isUsual) exchange.end()
      else exchange.fail(why ?? (by === 'caller' ? CALLER_LEFT : PROGRAM_CLOSED))
    }
  }

  #begin (head: RequestHead): void {
    const { method, target, fields, framing } = head
    const exchange = this.#log.begin(this.#origin, { method, target, headers: fields })
    this.#open.push(exchange)
    if (this.#isConnected) exchange.sent()
    this.#takeRequest = dataOf(framing, (bytes, from, to) => { exchange.requestBody.push(bytes, from, to) },
      trailers => { exchange.requestTrailers = trailers })
    if (framing.kind === 'none') exchange.requestEnded()
  }

  #onRequestBody (bytes: Buffer, from: number, to: number, isDone: boolean): void {
    this.#takeRequest(bytes, from, to)
    const exchange = this.#open.at(-1)
    if (isDone) exchange?.requestEnded()
    else exchange?.touched()
  }

  #respond (exchange: Exchange, head: ResponseHead): void {
    if (isInterim(head.status)) return
    const { status, reason, fields, framing } = head
    exchange.respond(status, reason, fields)
    this.#takeResponse = dataOf(framing, (bytes, from, to) => { exchange.responseBody.push(bytes, from, to) },
      trailers => { exchange.responseTrailers = trailers })
    if (endsHttp(status, exchange)) this.#upgrade(exchange)
  }

  #upgrade (exchange: Exchange): void {
    exchange.requestEnded()
    if (valueOf(exchange.responseHeaders, 'upgrade')?.toLowerCase() === 'websocket') {
      const inflaters = inflatersOf(valueOf(exchange.responseHeaders, 'sec-websocket-extensions') ?? '')
      const messages = exchange.keepMessages()
      const sent = new WebSocketSide('sent', messages, inflaters?.sent)
      const received = new WebSocketSide('received', messages, inflaters?.received)
      exchange.kind = 'websocket'
      exchange.frames = { sent, received }
      this.#upgraded = { exchange, sent: sent.push.bind(sent), received: received.push.bind(received) }
    } else {
      const { requestBody, responseBody } = exchange
      this.#upgraded = {
        exchange, sent: requestBody.push.bind(requestBody), received: responseBody.push.bind(responseBody)
      }
    }
    exchange.touched()
  }

  #onResponseBody (exchange: Exchange, bytes: Buffer, from: number, to: number): void {
    this.#takeResponse(bytes, from, to)
    exchange.touched()
  }

  #end (): void {
    this.#open.shift()?.end()
  }

  #giveUp (why: string): void {
    this.#isBlind = true
    for (const exchange of this.#open.splice(0)) exchange.fail(why)
  }
}
