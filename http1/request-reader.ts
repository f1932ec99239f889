import { createBodyReader, type BodyReader } from './body.ts'
import { HeadBuffer } from './head-buffer.ts'
import { mayBecomeRequest, parseRequestHead, type OpaqueReason, type RequestHead } from './request-head.ts'

/** What the next bytes of a caller are. `next` is the index of the first byte that was not read. */
export type RequestStep =
  /** All bytes belong to a head that is not complete; they are kept. */
  | { readonly kind: 'more' }
  | { readonly kind: 'head', readonly head: RequestHead, readonly bytes: Buffer, readonly next: number }
  | { readonly kind: 'body', readonly next: number, readonly done: boolean }
  /** This is no HTTP that we read. None of the input was taken; what was kept of a head before is still kept. */
  | { readonly kind: 'opaque', readonly reason: OpaqueReason }

/** Frames one caller's byte stream into requests. */
export class RequestReader {
  readonly #buffer = new HeadBuffer()
  #body: BodyReader | undefined

  /** Bytes of an unfinished head. */
  get kept (): Buffer {
    return this.#buffer.kept
  }

  /** True between two requests: nothing of the next one was read. */
  get idle (): boolean {
    return this.#body === undefined && this.#buffer.kept.length === 0
  }

  step (bytes: Buffer, from: number, to: number): RequestStep {
    return this.#body === undefined ? this.#stepHead(bytes, from, to) : this.#stepBody(this.#body, bytes, from, to)
  }

  #stepHead (bytes: Buffer, from: number, to: number): RequestStep {
    const look = this.#buffer.look(bytes, from, to)
    switch (look.kind) {
      case 'too-long': return { kind: 'opaque', reason: 'head-too-long' }
      case 'bare-lf': return { kind: 'opaque', reason: mayBecomeRequest(look.bytes) ? 'head-malformed' : 'not-http' }
      case 'partial':
        if (!mayBecomeRequest(look.bytes)) return { kind: 'opaque', reason: 'not-http' }
        this.#buffer.keep(look.bytes)
        return { kind: 'more' }
      case 'complete': return this.#readHead(look.bytes, look.next)
    }
  }

  #readHead (bytes: Buffer, next: number): RequestStep {
    const head = parseRequestHead(bytes)
    if (typeof head === 'string') return { kind: 'opaque', reason: head }
    this.#buffer.clear()
    const body = createBodyReader(head.framing)
    this.#body = body.done ? undefined : body
    return { kind: 'head', head, bytes, next }
  }

  #stepBody (body: BodyReader, bytes: Buffer, from: number, to: number): RequestStep {
    const next = body.read(bytes, from, to)
    if (next === -1) return { kind: 'opaque', reason: 'chunk-malformed' }
    if (body.done) this.#body = undefined
    return { kind: 'body', next, done: body.done }
  }
}
