import type { Field } from '../../../http1/fields.ts'
import type { HeaderList } from '../../../http2/header-list.ts'
import { PREFACE } from '../../../http2/preface.ts'
import type { Exchange, Origin } from '../exchange.ts'
import type { ExchangeLog } from '../exchange-log.ts'
import { Http2Side } from './http2-side.ts'
import { countMessages, type MessageCounter } from './message-counter.ts'
import { CALLER_LEFT, PROGRAM_CLOSED, type StreamWatch } from '../../intercept/developer/stream-watch.ts'

type Open = {
  readonly exchange: Exchange
  /** Of gRPC. */
  readonly counters: { readonly sent: MessageCounter, readonly received: MessageCounter } | undefined
  hasResponse: boolean
}

/** Reads the streams of one HTTP/2 connection to the developer's program, from the bytes that pass. */
export class Http2Watch implements StreamWatch {
  readonly #log: ExchangeLog
  readonly #origin: Origin
  readonly #open = new Map<number, Open>()
  readonly #caller: Http2Side
  readonly #program: Http2Side
  #prefaceLeft = PREFACE.length
  #isConnected = false

  constructor (log: ExchangeLog, origin: Origin) {
    this.#log = log
    this.#origin = origin
    const onMalformed = (): void => { this.#failAll('The frames of this connection cannot be read') }
    this.#caller = new Http2Side({
      onFields: (id, fields, ends) => { this.#onRequest(id, fields, ends) },
      onData: (id, bytes, from, to) => { this.#onSent(id, bytes, from, to) },
      onEnd: id => { this.#open.get(id)?.exchange.requestEnded() },
      onReset: (id, code) => { this.#end(this.#take(id), 'caller', `The stream was reset (code ${code})`) },
      onMalformed
    })
    this.#program = new Http2Side({
      onFields: (id, fields, ends) => { this.#onResponse(id, fields, ends) },
      onData: (id, bytes, from, to) => { this.#onReceived(id, bytes, from, to) },
      onEnd: id => { this.#take(id)?.end() },
      onReset: (id, code) => { this.#end(this.#take(id), 'program', `The stream was reset (code ${code})`) },
      onMalformed
    })
  }

  toProgram (bytes: Buffer): void {
    const from = Math.min(this.#prefaceLeft, bytes.length)
    this.#prefaceLeft -= from
    this.#caller.push(bytes, from, bytes.length)
  }

  connected (): void {
    this.#isConnected = true
    for (const { exchange } of this.#open.values()) exchange.sent()
  }

  fromProgram (bytes: Buffer): void {
    this.#program.push(bytes, 0, bytes.length)
  }

  programEnded (): void {
    this.#failAll(PROGRAM_CLOSED)
  }

  closed (by: 'caller' | 'program' | 'refused', why?: string): void {
    for (const { exchange } of this.#open.values()) {
      this.#end(exchange, by, why ?? (by === 'caller' ? CALLER_LEFT : PROGRAM_CLOSED))
    }
    this.#open.clear()
  }

  #onRequest (id: number, fields: HeaderList, ends: boolean): void {
    const open = this.#open.get(id)
    if (open !== undefined) open.exchange.requestTrailers = toFields(fields)
    // Trailers of one that the program has answered already are no request.
    const isHead = open === undefined && fields.first(':method') !== undefined
    const exchange = isHead ? this.#begin(id, fields) : open?.exchange
    if (ends) exchange?.requestEnded()
  }

  #begin (id: number, list: HeaderList): Exchange {
    const exchange = this.#log.begin(this.#origin, {
      method: list.first(':method') ?? '',
      target: list.first(':path') ?? list.first(':authority') ?? '',
      headers: toFields(list)
    })
    const counters = exchange.kind === 'grpc' ? countMessages(exchange) : undefined
    this.#open.set(id, { exchange, counters, hasResponse: false })
    if (this.#isConnected) exchange.sent()
    return exchange
  }

  #onSent (id: number, bytes: Buffer, from: number, to: number): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    open.exchange.requestBody.push(bytes, from, to)
    open.counters?.sent.push(bytes, from, to)
    open.exchange.touched()
  }

  #onResponse (id: number, list: HeaderList, ends: boolean): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    const status = Number(list.first(':status') ?? 0)
    if (open.hasResponse) open.exchange.responseTrailers = toFields(list)
    // An interim one says nothing of how it goes on.
    else if (status >= 200) {
      open.hasResponse = true
      open.exchange.respond(status, '', toFields(list))
    }
    if (ends) this.#take(id)?.end()
  }

  #onReceived (id: number, bytes: Buffer, from: number, to: number): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    open.exchange.responseBody.push(bytes, from, to)
    open.counters?.received.push(bytes, from, to)
    open.exchange.touched()
  }

  #take (id: number): Exchange | undefined {
    const open = this.#open.get(id)
    this.#open.delete(id)
    return open?.exchange
  }

  /** Nobody waits for the end of a stream of events: their caller leaves. */
  #end (exchange: Exchange | undefined, by: 'caller' | 'program' | 'refused', why: string): void {
    if (by === 'caller' && exchange?.kind === 'events') exchange.end()
    else exchange?.fail(why)
  }

  #failAll (why: string): void {
    for (const { exchange } of this.#open.values()) exchange.fail(why)
    this.#open.clear()
  }
}

/** Without the pseudo fields; the authority stands as Host, as it would in HTTP/1.1. */
function toFields ({ names, values, length }: HeaderList): readonly Field[] {
  const fields: Field[] = []
  for (let index = 0; index < length; index++) {
    const name = names[index] as string
    if (name === ':authority') fields.push(['host', values[index] as string])
    else if (!name.startsWith(':')) fields.push([name, values[index] as string])
  }
  return fields
}
