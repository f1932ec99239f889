import { createBodyReader, type BodyReader } from './body.ts'
import { HeadBuffer } from './head-buffer.ts'
import {
  isInterim, mayBecomeResponse, readResponseHead, type ResponseContext, type ResponseHead
} from './response-head.ts'

/** What the next bytes of an answering side are. `next` is the index of the first byte that was not read. */
export type ResponseStep =
  | { readonly kind: 'more' }
  /**
   * `done`: the whole response is read. Interim responses (1xx) are never `done`. The head may be asked only until the
   * next one is read.
   */
  | { readonly kind: 'head', readonly head: ResponseHead, readonly next: number, readonly done: boolean }
  | { readonly kind: 'body', readonly next: number, readonly done: boolean }
  | { readonly kind: 'malformed' }

const MORE: ResponseStep = { kind: 'more' }
const BAD: ResponseStep = { kind: 'malformed' }

/** Frames the bytes of an answering side into responses, one request's after the other. */
export class ResponseReader {
  readonly #buffer = new HeadBuffer()
  #body: BodyReader | undefined
  #untilClose = false

  /** True between two responses: nothing of the next one was read. */
  get idle (): boolean {
    return this.#body === undefined && this.#buffer.isEmpty
  }

  /** Whether a body is being read that ends with the connection. */
  get untilClose (): boolean {
    return this.#untilClose
  }

  /** @param context of the request that these bytes answer. */
  step (bytes: Buffer, from: number, to: number, context: ResponseContext): ResponseStep {
    if (this.#body !== undefined) return this.#stepBody(this.#body, bytes, from, to)
    return this.#buffer.isEmpty
      ? this.#stepWhole(bytes, from, to, context)
      : this.#stepPiece(bytes, from, to, context)
  }

  #stepWhole (bytes: Buffer, from: number, to: number, context: ResponseContext): ResponseStep {
    const head = readResponseHead(bytes, from, to, context)
    if (head === 'malformed') return BAD
    if (head === 'partial') {
      this.#buffer.keep(bytes, from, to)
      return MORE
    }
    return this.#begin(head, head.next)
  }

  #stepPiece (bytes: Buffer, from: number, to: number, context: ResponseContext): ResponseStep {
    const before = this.#buffer.kept.length
    this.#buffer.keep(bytes, from, to)
    const end = this.#buffer.findEnd(before)
    if (end === 'over') return BAD
    // Seen early: the next diverted request must not wait for the end of something that is no head.
    if (end === -1) return before > LONGEST_STATUS_LINE || mayBecomeResponse(this.#buffer.kept) ? MORE : BAD
    const head = readResponseHead(this.#buffer.take(end), 0, end, context)
    return typeof head === 'string' ? BAD : this.#begin(head, from + end - before)
  }

  #begin (head: ResponseHead, next: number): ResponseStep {
    const hasBody = head.framing.kind !== 'none'
    if (hasBody) this.#body = createBodyReader(head.framing)
    this.#untilClose = head.framing.kind === 'until-close'
    return { kind: 'head', head, next, done: !hasBody && !isInterim(head.status) }
  }

  #stepBody (body: BodyReader, bytes: Buffer, from: number, to: number): ResponseStep {
    const next = body.read(bytes, from, to)
    if (next === -1) return BAD
    if (body.done) this.#body = undefined
    return { kind: 'body', next, done: body.done }
  }
}

/** What lies behind it was seen with an earlier piece. */
const LONGEST_STATUS_LINE = 1024
