import { createBodyReader, type BodyReader } from './body.ts'
import { HeadBuffer } from './head-buffer.ts'
import { findProxyHeadEnd } from './proxy-protocol.ts'
import { mayBecomeRequest, readRequestHead, type OpaqueReason, type RequestHead } from './request-head.ts'
import { IS_TARGET, MALFORMED, MAX_METHOD_BYTES, PARTIAL, SP } from './syntax.ts'

/** What the next bytes of a caller are. `next` is the index of the first byte that was not read. */
export type RequestStep =
  /** All bytes belong to a head that is not complete; they are kept. */
  | { readonly kind: 'more' }
  /**
   * A whole head: `bytes[from..to)`. In the input where it came in one piece, else in a buffer of its own. The head may
   * be asked only until the next one is read.
   */
  | {
    readonly kind: 'head'
    readonly head: RequestHead
    readonly bytes: Buffer
    readonly from: number
    readonly to: number
    readonly next: number
  }
  /** A PROXY protocol head before the first request: `bytes[from..to)`, as above. */
  | { readonly kind: 'greeting', readonly bytes: Buffer, readonly from: number, readonly to: number, readonly next: number }
  | { readonly kind: 'body', readonly next: number, readonly done: boolean }
  /** This is no HTTP that we read. None of the input was taken; what was kept of a head before is still kept. */
  | { readonly kind: 'opaque', readonly reason: OpaqueReason }

const MORE: RequestStep = { kind: 'more' }

/** Frames one caller's byte stream into requests. */
export class RequestReader {
  readonly #buffer = new HeadBuffer()
  #body: BodyReader | undefined
  /** Whether the kept bytes hold a whole request line. */
  #lineSeen = false
  /** Whether they end within a long target, which only a byte that may not stand in one can end. */
  #inTarget = false
  /** Whether nothing was read yet but, at most, the beginning of a greeting. */
  #isFirst = true

  /** Bytes of an unfinished head. */
  get kept (): Buffer {
    return this.#buffer.kept
  }

  /** True between two requests: nothing of the next one was read. */
  get idle (): boolean {
    return this.#body === undefined && this.#buffer.isEmpty
  }

  /** Whether what is kept may become a PROXY protocol head. */
  get mayBeGreeting (): boolean {
    return this.#isFirst
  }

  step (bytes: Buffer, from: number, to: number): RequestStep {
    if (this.#body !== undefined) return this.#stepBody(this.#body, bytes, from, to)
    return this.#isFirst ? this.#stepFirst(bytes, from, to) : this.#stepHead(bytes, from, to)
  }

  #stepFirst (bytes: Buffer, from: number, to: number): RequestStep {
    const before = this.#buffer.kept.length
    if (before > 0) this.#buffer.keep(bytes, from, to)
    const { kept } = this.#buffer
    const end = before > 0 ? findProxyHeadEnd(kept, 0, kept.length) : findProxyHeadEnd(bytes, from, to)
    if (end === PARTIAL) {
      if (before === 0) this.#buffer.keep(bytes, from, to)
      return MORE
    }
    this.#isFirst = false
    if (end === MALFORMED) {
      this.#buffer.cut(before)
      return this.#stepHead(bytes, from, to)
    }
    if (before === 0) return { kind: 'greeting', bytes, from, to: end, next: end }
    return { kind: 'greeting', bytes: this.#buffer.take(end), from: 0, to: end, next: from + end - before }
  }

  #stepHead (bytes: Buffer, from: number, to: number): RequestStep {
    return this.#buffer.isEmpty ? this.#stepWhole(bytes, from, to) : this.#stepPiece(bytes, from, to)
  }

  #stepWhole (bytes: Buffer, from: number, to: number): RequestStep {
    const head = readRequestHead(bytes, from, to)
    if (head === 'partial') {
      this.#buffer.keep(bytes, from, to)
      this.#lineSeen = false
      this.#inTarget = false
      return MORE
    }
    if (typeof head === 'string') return { kind: 'opaque', reason: head }
    return this.#begin(head, bytes, from, head.next, head.next)
  }

  #stepPiece (bytes: Buffer, from: number, to: number): RequestStep {
    const before = this.#buffer.kept.length
    this.#buffer.keep(bytes, from, to)
    const end = this.#buffer.findEnd(before)
    if (end === -1 && this.#mayBecomeRequest(before)) return MORE
    const { kept } = this.#buffer
    const head = readRequestHead(kept, 0, end === -1 || end === 'over' ? kept.length : end)
    this.#buffer.cut(before)
    // A partial one is too long or has a line that ends with LF alone.
    if (head === 'partial') return { kind: 'opaque', reason: 'head-malformed' }
    if (typeof head === 'string') return { kind: 'opaque', reason: head }
    return this.#begin(head, this.#buffer.take(head.next), 0, head.next, from + head.next - before)
  }

  // Looked at again with each piece only until the line is there.
  #mayBecomeRequest (before: number): boolean {
    const { kept } = this.#buffer
    if (this.#lineSeen || (this.#inTarget && isTarget(kept, before))) return true
    this.#lineSeen = kept.indexOf(LINE_FEED, before) !== -1
    this.#inTarget = kept.length > MAX_METHOD_BYTES + 1 && !kept.subarray(-VERSION_BYTES).includes(SP)
    return mayBecomeRequest(kept)
  }

  #begin (head: RequestHead, bytes: Buffer, from: number, to: number, next: number): RequestStep {
    if (head.framing.kind !== 'none') this.#body = createBodyReader(head.framing)
    return { kind: 'head', head, bytes, from, to, next }
  }

  #stepBody (body: BodyReader, bytes: Buffer, from: number, to: number): RequestStep {
    const next = body.read(bytes, from, to)
    if (next === -1) return { kind: 'opaque', reason: 'chunk-malformed' }
    if (body.done) this.#body = undefined
    return { kind: 'body', next, done: body.done }
  }
}

function isTarget (bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at++) {
    if (IS_TARGET[bytes[at] as number] !== 1) return false
  }
  return true
}

const LINE_FEED = 10
/** What follows the target: ` HTTP/1.1`, CR. */
const VERSION_BYTES = 10
