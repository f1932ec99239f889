import type { Field } from '../../http1/fields.ts'
import type { Developer } from '../intercept/developer/developer.ts'
import { KeptBytes } from './kept-bytes.ts'
import { PassedMessages } from './passed-messages.ts'
import type { ExchangeKind, Marks, FrameCounts } from './view-types.ts'

/** Where an exchange came from, and who answers it. */
export type Origin = {
  /** Name of the Intercept. */
  readonly intercept: string
  readonly pod: string
  /** Address of the caller, as the pod saw it. */
  readonly caller: string
  readonly protocol: 'http/1.1' | 'h2c' | 'tcp'
  readonly developer: Developer
  /** The exchange that this one repeats. */
  readonly replayOf?: number | undefined
}

export type RequestStart = { readonly method: string, readonly target: string, readonly headers: readonly Field[] }

/** What an exchange needs of the one who keeps it. */
export type ExchangeKeeper = {
  /** ms, of a clock that never goes back. */
  readonly now: () => number
  readonly bodyLimitBytes: number
  /** More is to be kept. False: this exchange is no longer kept. */
  readonly grow: (exchange: Exchange, bytes: number) => boolean
  readonly changed: (exchange: Exchange) => void
}

/** One request and its response, as they passed: filled by whoever watches the bytes, read by the page. */
export class Exchange {
  readonly id: number
  readonly origin: Origin
  /** ms since the epoch. */
  readonly startedAt: number
  readonly method: string
  readonly target: string
  requestHeaders: readonly Field[]
  readonly requestBody: KeptBytes
  readonly responseBody: KeptBytes
  kind: ExchangeKind
  state: 'open' | 'done' | 'broken' = 'open'
  /** Why it ended as it did, for people. */
  note: string | undefined
  status: number | undefined
  reason = ''
  responseHeaders: readonly Field[] = []
  #isForgotten = false
  #requestTrailers: readonly Field[] = []
  #responseTrailers: readonly Field[] = []
  /** Of a WebSocket: what passed after the handshake. */
  frames: { readonly sent: FrameCounts, readonly received: FrameCounts } | undefined
  /** Of gRPC: length of each message, in bytes. */
  messages: { readonly sent: readonly number[], readonly received: readonly number[] } | undefined
  #passed: PassedMessages | undefined
  readonly #keeper: ExchangeKeeper
  readonly #startMs: number
  readonly #marks: { -readonly [Mark in keyof Marks]: Marks[Mark] } = {}

  constructor (id: number, origin: Origin, start: RequestStart, startedAt: number, keeper: ExchangeKeeper) {
    const grow = (bytes: number): boolean => keeper.grow(this, bytes)
    this.id = id
    this.origin = origin
    this.startedAt = startedAt
    this.method = start.method
    this.target = start.target
    this.requestHeaders = start.headers
    this.kind = kindOfRequest(origin, start)
    this.requestBody = new KeptBytes(keeper.bodyLimitBytes, grow)
    this.responseBody = new KeptBytes(keeper.bodyLimitBytes, grow)
    this.#keeper = keeper
    this.#startMs = keeper.now()
  }

  /** When things happened, in ms after the request's head was read. */
  get marks (): Marks {
    return this.#marks
  }

  get isForgotten (): boolean {
    return this.#isForgotten
  }

  get requestTrailers (): readonly Field[] {
    return this.#requestTrailers
  }

  set requestTrailers (trailers: readonly Field[]) {
    this.#requestTrailers = this.#keep(trailers)
  }

  get responseTrailers (): readonly Field[] {
    return this.#responseTrailers
  }

  set responseTrailers (trailers: readonly Field[]) {
    this.#responseTrailers = this.#keep(trailers)
  }

  /** What passed of a WebSocket or of gRPC, message by message. */
  get passed (): PassedMessages | undefined {
    return this.#passed
  }

  /** From here on its messages are kept too. */
  keepMessages (): PassedMessages {
    this.#passed ??= new PassedMessages(
      bytes => this.#keeper.grow(this, bytes), () => this.#keeper.now() - this.#startMs)
    return this.#passed
  }

  /** Its first byte went to the program. */
  sent (): void {
    this.#mark('sentMs')
  }

  requestEnded (): void {
    this.#mark('requestEndMs')
  }

  /** The head of the response; interim ones are not told of. */
  respond (status: number, reason: string, headers: readonly Field[]): void {
    this.status = status
    this.reason = reason
    if (this.kind === 'http' && /^text\/event-stream\b/i.test(valueOf(headers, 'content-type') ?? '')) this.kind = 'events'
    this.responseHeaders = this.#keep(headers)
    this.#mark('firstByteMs')
  }

  /** Something of a body, of frames or of messages passed. */
  touched (): void {
    this.#keeper.changed(this)
  }

  end (note?: string): void {
    this.#finish('done', note)
  }

  fail (note: string): void {
    this.#finish('broken', note)
  }

  /** It made room for newer ones: whoever still watches it open must not keep in memory what nobody can see. */
  forget (): void {
    this.#isForgotten = true
    this.requestBody.forget()
    this.responseBody.forget()
    this.#passed?.forget()
    this.requestHeaders = []
    this.responseHeaders = []
    this.#requestTrailers = []
    this.#responseTrailers = []
  }

  #keep (fields: readonly Field[]): readonly Field[] {
    return this.#keeper.grow(this, sizeOf(fields)) ? fields : []
  }

  #finish (state: 'done' | 'broken', note: string | undefined): void {
    if (this.state !== 'open') return
    this.state = state
    this.note = note
    this.#mark('endMs')
  }

  #mark (mark: keyof Marks): void {
    this.#marks[mark] ??= this.#keeper.now() - this.#startMs
    this.#keeper.changed(this)
  }
}

/** The first value of a field. @param name lower case. */
export function valueOf (headers: readonly Field[], name: string): string | undefined {
  return headers.find(([field]) => field === name)?.[1]
}

/** What a list of fields counts against the memory bound. */
export function sizeOf (headers: readonly Field[]): number {
  return headers.reduce((sum, [name, value]) => sum + 2 * name.length + value.length + FIELD_OVERHEAD_BYTES, 0)
}

const FIELD_OVERHEAD_BYTES = 64

function kindOfRequest ({ protocol }: Origin, { headers }: RequestStart): ExchangeKind {
  if (protocol === 'tcp') return 'tcp'
  return /^application\/grpc\b/i.test(valueOf(headers, 'content-type') ?? '') ? 'grpc' : 'http'
}
