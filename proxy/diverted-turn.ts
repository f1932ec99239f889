import type { Duplex } from 'node:stream'
import { ChunkedReader } from '../http1/chunked.ts'
import { LAST_CHUNK, reframeResponse, writeChunk, type Asked, type BodyMode } from '../http1/reframe.ts'
import type { RequestHead } from '../http1/request-head.ts'
import { endsHttp, isInterim, type ResponseHead } from '../http1/response-head.ts'
import { ResponseReader } from '../http1/response-reader.ts'
import { varyBy } from './condition.ts'
import type { DeveloperLink } from './developer-link.ts'
import { statusOf, type AnswerCode } from './own-answer.ts'
import { requestIdOf } from './request-id.ts'

/** What a turn needs from the connection it belongs to. */
export type TurnOwner = {
  /** A link that works: a kept one, or with `fresh` a new one. Throws when the session is gone. */
  readonly link: (fresh: boolean) => DeveloperLink
  readonly toCaller: (bytes: Buffer) => void
  readonly onDrain: () => void
  /** The response is complete. `closes`: the caller's connection ends with it. */
  readonly onEnd: (closes: boolean) => void
  /** From here on the two sides speak something else; `rest` is the first of it from the developer. */
  readonly onUpgrade: (stream: Duplex, rest: Buffer) => void
  /** Nothing was sent to the caller yet: an answer of our own is still possible. */
  readonly onFailure: (code: AnswerCode, message: string) => void
  /** Part of a response was sent: only a reset is honest now. */
  readonly onBroken: () => void
}

// May be sent again when a kept connection turned out to be closed (RFC 9110, 9.2.2).
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** One request that a developer answers. */
export class DivertedTurn {
  readonly #owner: TurnOwner
  readonly #request: RequestHead
  // Taken while the head can still be asked.
  readonly #path: string
  readonly #requestId: string | undefined
  readonly #varyBy: string | undefined
  readonly #headBytes: Buffer
  readonly #startedMs = performance.now()
  readonly #responses = new ResponseReader()
  #link: DeveloperLink
  #mode: BodyMode = 'as-it-is'
  #closes = false
  #linkCloses = false
  /** The caller knows that its body is wanted, or has begun to send it. */
  #bodyAgreed = false
  #status = 0
  #over = false
  #stopWaiting: (() => void) | undefined
  #chunks: ChunkedReader | undefined
  readonly #data: [from: number, to: number][] = []

  constructor (owner: TurnOwner, request: RequestHead, headBytes: Buffer) {
    this.#owner = owner
    this.#request = request
    this.#headBytes = headBytes
    this.#path = request.target.split('?', 1)[0] ?? ''
    this.#requestId = requestIdOf(request)
    this.#link = owner.link(false)
    this.#link.route.turns.begin()
    this.#varyBy = varyBy(this.#link.route.match, request)
  }

  /** Sends a piece of the request's body. */
  write (bytes: Buffer): void {
    this.#bodyAgreed = true
    if (!this.#over) this.#link.write(bytes)
  }

  /** Whether the caller must wait before it sends more. */
  get needsDrain (): boolean {
    return !this.#over && this.#link.stream.writableNeedDrain
  }

  /** The caller ended its side: the program sees what it would see without us. */
  endRequests (): void {
    if (!this.#over) this.#link.stream.end()
  }

  pause (): void {
    if (!this.#over) this.#link.stream.pause()
  }

  /** Nobody needs the stream any more: the caller is gone, or was answered before its request was complete. */
  abort (): void {
    this.#end()
    this.#link.abort()
  }

  /** Sends the request, or sends it again. The answer may be there when this returns. */
  begin (): void {
    this.#link.uses++
    this.#link.listen({
      onData: bytes => this.#onData(bytes),
      onEnd: () => this.#onLinkEnd(),
      onFailure: (code, message) => this.#onLinkFailure(code, message),
      onDrain: () => this.#owner.onDrain()
    })
    this.#link.write(this.#headBytes)
    this.#stopWaiting = this.#link.route.presence.wait(() => {
      this.#fail('WAYLAY_DEVELOPER_GONE', 'The way to the developer was lost and did not come back in time')
    })
  }

  #onData (bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && !this.#over) {
      // The reader gives the head's fields; the bytes of it are written anew and never passed.
      const step = this.#responses.step(bytes, at, bytes.length, this.#request)
      switch (step.kind) {
        case 'more': return
        case 'malformed': return this.#fail('WAYLAY_DEVELOPER_BAD_RESPONSE', 'The answer is not one HTTP/1.x response')
        case 'head':
          at = step.next
          this.#onHead(step.head, bytes, at)
          break
        case 'body':
          this.#sendBody(bytes.subarray(at, step.next))
          at = step.next
          break
      }
      if (step.kind !== 'body' && step.kind !== 'head') return
      // An upgrade is over with its head; what follows is not ours.
      if (this.#over) return
      if (!step.done) continue
      // More than was asked for: what follows on this connection cannot be told apart from the next answer.
      if (at < bytes.length) this.#linkCloses = true
      return this.#finish()
    }
  }

  #onHead (head: ResponseHead, bytes: Buffer, next: number): void {
    if (head.status === 100) this.#bodyAgreed = true
    const reframed = reframeResponse(head, this.#asAnswered(), {
      intercept: this.#link.route.intercept,
      varyBy: this.#varyBy
    })
    this.#owner.toCaller(reframed.head)
    if (isInterim(head.status)) return
    this.#status = head.status
    this.#mode = reframed.body
    this.#linkCloses = head.closes || this.#linkCloses
    this.#closes = reframed.closes
    if (!endsHttp(head.status, this.#request)) return
    this.#end()
    this.#report()
    this.#owner.onUpgrade(this.#link.release(), bytes.subarray(next))
  }

  // A caller that expected 100 and gets this instead may send the body or leave it out: nobody could tell where its
  // next request begins, so there is none.
  #asAnswered (): Asked {
    const unclear = this.#request.expectContinue && this.#request.framing.kind !== 'none' && !this.#bodyAgreed
    return { version: this.#request.version, keepAlive: this.#request.keepAlive && !unclear }
  }

  #sendBody (bytes: Buffer): void {
    if (this.#mode === 'unchunk-it') this.#sendUnchunked(bytes)
    else this.#owner.toCaller(this.#mode === 'chunk-it' ? writeChunk(bytes) : bytes)
  }

  #sendUnchunked (bytes: Buffer): void {
    this.#chunks ??= new ChunkedReader((from, to) => this.#data.push([from, to]))
    this.#chunks.read(bytes, 0, bytes.length)
    for (const [from, to] of this.#data.splice(0)) this.#owner.toCaller(bytes.subarray(from, to))
  }

  #onLinkEnd (): void {
    if (this.#over) return
    if (this.#responses.untilClose && this.#status !== 0) {
      if (this.#mode === 'chunk-it') this.#owner.toCaller(LAST_CHUNK)
      return this.#finish()
    }
    this.#onLinkFailure('WAYLAY_DEVELOPER_BAD_RESPONSE', 'The program closed before its response was complete')
  }

  #onLinkFailure (code: AnswerCode, message: string): void {
    if (this.#over) return
    this.#stopWaiting?.()
    if (this.#mayRetry()) {
      try {
        this.#link = this.#owner.link(true)
        return this.begin()
      } catch {
        return this.#fail('WAYLAY_DEVELOPER_GONE', 'The developer has no session')
      }
    }
    this.#fail(code, message)
  }

  // A kept connection that the program closed while idle; the request was read by nobody.
  #mayRetry (): boolean {
    return this.#link.uses > 1 && this.#status === 0 && this.#responses.idle &&
      this.#request.framing.kind === 'none' && IDEMPOTENT.has(this.#request.method)
  }

  #fail (code: AnswerCode, message: string): void {
    this.#end()
    this.#link.abort()
    const sent = this.#status !== 0
    this.#status = sent ? this.#status : statusOf(code)
    this.#report()
    if (sent) this.#owner.onBroken()
    else this.#owner.onFailure(code, message)
  }

  #finish (): void {
    this.#end()
    this.#link.listen(undefined)
    if (this.#linkCloses) this.#link.retire()
    this.#report()
    this.#owner.onEnd(this.#closes)
  }

  #end (): void {
    if (!this.#over) this.#link.route.turns.end()
    this.#stopWaiting?.()
    this.#over = true
  }

  #report (): void {
    this.#link.route.report({
      event: 'request',
      method: this.#request.method,
      path: this.#path,
      status: this.#status,
      durationMs: Math.round((performance.now() - this.#startedMs) * 10) / 10,
      ...(this.#requestId !== undefined && { requestId: this.#requestId })
    })
  }
}
