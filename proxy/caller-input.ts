import { RequestReader, type RequestStep } from '../http1/request-reader.ts'

/** A request's head, complete. */
export type HeadStep = Extract<RequestStep, { kind: 'head' }>

/** What a caller sent and what is still to be done with it, in order. */
export class CallerInput {
  readonly #reader = new RequestReader()
  readonly #unread: Buffer[] = []
  /** Bytes of the unfinished head that already went to the app. */
  #sentOfHead = 0

  push (bytes: Buffer): void {
    this.#unread.push(bytes)
  }

  /** Whether something waits that was not even looked at. */
  get hasUnread (): boolean {
    return this.#unread.length > 0
  }

  /** Whether something was received that nobody was sent. */
  get hasUnsent (): boolean {
    return this.hasUnread || this.#reader.kept.length > this.#sentOfHead
  }

  /** Whether the first bytes of the unfinished head went to the app, so that the rest must follow. */
  get headStarted (): boolean {
    return this.#sentOfHead > 0
  }

  /** Whether the next byte begins a new request. */
  get betweenRequests (): boolean {
    return this.#reader.idle
  }

  /** Reads one step further; undefined when there is nothing to read. */
  next (): Exclude<RequestStep, { kind: 'more' }> & { readonly bytes: Buffer } | 'more' | undefined {
    const bytes = this.#unread.shift()
    if (bytes === undefined) return undefined
    const step = this.#reader.step(bytes, 0, bytes.length)
    switch (step.kind) {
      case 'more': return 'more'
      case 'opaque':
        this.#unread.unshift(bytes)
        return { ...step, bytes }
      case 'head':
        this.#putBack(bytes, step.next)
        return step
      case 'body':
        this.#putBack(bytes, step.next)
        return { ...step, bytes: bytes.subarray(0, step.next) }
    }
  }

  /** The part of the unfinished head that was not sent yet; from now on it counts as sent. */
  takeEarly (): Buffer {
    const early = this.#reader.kept.subarray(this.#sentOfHead)
    this.#sentOfHead = this.#reader.kept.length
    return early
  }

  /** The part of a complete head that was not sent early. */
  restOfHead (head: Buffer): Buffer {
    const rest = head.subarray(this.#sentOfHead)
    this.#sentOfHead = 0
    return rest
  }

  /** Everything received and not sent, in order, for a connection that becomes opaque. */
  takeAll (): Buffer[] {
    const all = [this.#reader.kept.subarray(this.#sentOfHead), ...this.#unread.splice(0)]
    this.#sentOfHead = 0
    return all.filter(bytes => bytes.length > 0)
  }

  #putBack (bytes: Buffer, from: number): void {
    if (from < bytes.length) this.#unread.unshift(bytes.subarray(from))
  }
}
