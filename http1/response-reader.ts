import { createBodyReader, type BodyReader } from './body.ts'
import { HeadBuffer } from './head-buffer.ts'
import { isInterim, mayBecomeResponse, parseResponseHead, type ResponseContext, type ResponseHead } from './response-head.ts'

/** What the next bytes of an answering side are. `next` is the index of the first byte that was not read. */
export type ResponseStep =
  | { readonly kind: 'more' }
  /** `done`: the whole response is read. Interim responses (1xx) are never `done`. */
  | { readonly kind: 'head', readonly head: ResponseHead, readonly next: number, readonly done: boolean }
  | { readonly kind: 'body', readonly next: number, readonly done: boolean }
  | { readonly kind: 'malformed' }

/** Frames the bytes of an answering side into responses, one request's after the other. */
export class ResponseReader {
  readonly #buffer = new HeadBuffer()
  #body: BodyReader | undefined
  #untilClose = false

  /** True between two responses: nothing of the next one was read. */
  get idle (): boolean {
    return this.#body === undefined && this.#buffer.kept.length === 0
  }

  /** Whether a body is being read that ends with the connection. */
  get untilClose (): boolean {
    return this.#untilClose
  }

  /** @param context of the request that these bytes answer. */
  step (bytes: Buffer, from: number, to: number, context: ResponseContext): ResponseStep {
    return this.#body === undefined
      ? this.#stepHead(bytes, from, to, context)
      : this.#stepBody(this.#body, bytes, from, to)
  }

  #stepHead (bytes: Buffer, from: number, to: number, context: ResponseContext): ResponseStep {
    const look = this.#buffer.look(bytes, from, to)
    if (look.kind === 'too-long' || look.kind === 'bare-lf') return { kind: 'malformed' }
    if (look.kind === 'partial') {
      // Seen early: the next diverted request must not wait for the end of something that is no head.
      if (!mayBecomeResponse(look.bytes)) return { kind: 'malformed' }
      this.#buffer.keep(look.bytes)
      return { kind: 'more' }
    }
    const head = parseResponseHead(look.bytes, context)
    if (head === undefined) return { kind: 'malformed' }
    this.#buffer.clear()
    const body = createBodyReader(head.framing)
    if (!body.done) this.#body = body
    this.#untilClose = head.framing.kind === 'until-close'
    return { kind: 'head', head, next: look.next, done: body.done && !isInterim(head.status) }
  }

  #stepBody (body: BodyReader, bytes: Buffer, from: number, to: number): ResponseStep {
    const next = body.read(bytes, from, to)
    if (next === -1) return { kind: 'malformed' }
    if (body.done) this.#body = undefined
    return { kind: 'body', next, done: body.done }
  }
}
