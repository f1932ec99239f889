import { EditPoint } from '../http1/edit-point.ts'
import { RequestReader, type RequestStep } from '../http1/request-reader.ts'

/** A piece of a body: `bytes[from..to)`. */
export type BodyStep = {
  readonly kind: 'body'
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
  readonly done: boolean
}
/** A request's head, complete. */
export type HeadStep = Extract<RequestStep, { kind: 'head' }>
export type InputStep = Exclude<RequestStep, { kind: 'body' }> | BodyStep

/**
 * What a caller sent and what is still to be done with it, in order. Bytes that come are looked at where they are;
 * `settle` copies what is left of them before their buffer is used again.
 */
export class CallerInput {
  readonly #reader = new RequestReader()
  #bytes: Buffer = EMPTY
  #at = 0
  #to = 0
  #isBorrowed = false
  /** Pieces behind the one above. */
  #queue: Buffer[] = NO_PIECES
  /** A complete head that waits for the turns before it. */
  #waiting: Buffer | undefined
  /** Bytes of the unfinished head that already went to the app. */
  #sentOfHead = 0
  /** Of that head. */
  #editPoint: EditPoint | undefined

  push (bytes: Buffer, from: number, to: number): void {
    if (this.hasUnread) {
      if (this.#queue === NO_PIECES) this.#queue = []
      this.#queue.push(Buffer.from(bytes.subarray(from, to)))
      return
    }
    this.#bytes = bytes
    this.#at = from
    this.#to = to
    this.#isBorrowed = true
  }

  /** The buffer of the last push will be used again. */
  settle (): void {
    if (!this.#isBorrowed) return
    this.#isBorrowed = false
    this.#bytes = this.#at < this.#to ? Buffer.from(this.#bytes.subarray(this.#at, this.#to)) : EMPTY
    this.#to -= this.#at
    this.#at = 0
  }

  /** Whether something waits that was not even looked at. */
  get hasUnread (): boolean {
    return this.#at < this.#to || this.#queue.length > 0
  }

  /** A complete head that waits for the turns before it. */
  get waiting (): Buffer | undefined {
    return this.#waiting
  }

  /** Keeps a complete head until the turns before it are over. */
  wait (bytes: Buffer, from: number, to: number): void {
    this.#waiting = Buffer.from(bytes.subarray(from, to))
  }

  /** The head that waited has its turn. */
  waitNoLonger (): void {
    this.#waiting = undefined
  }

  /** Whether something was received that nobody was sent. */
  get hasUnsent (): boolean {
    return this.hasUnread || this.#waiting !== undefined || this.#reader.kept.length > this.#sentOfHead
  }

  /** The same, and no byte of it: the rest of a head that an app has begun to read belongs nowhere else. */
  get hasUntouched (): boolean {
    return this.hasUnsent && !this.headStarted
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
  next (): InputStep | undefined {
    if (this.#at === this.#to && !this.#takePiece()) return undefined
    const from = this.#at
    const step = this.#reader.step(this.#bytes, from, this.#to)
    switch (step.kind) {
      case 'opaque': return step
      case 'more':
        this.#at = this.#to
        return step
      case 'greeting':
      case 'head':
        this.#at = step.next
        return step
      case 'body':
        this.#at = step.next
        return { kind: 'body', bytes: this.#bytes, from, to: step.next, done: step.done }
    }
  }

  /**
   * The part of the unfinished head that was not sent yet and may be sent now; from now on it counts as sent.
   *
   * @param mayChange whether the head may have to be changed when it is complete.
   */
  takeEarly (mayChange: boolean): Buffer {
    const { kept, mayBeGreeting } = this.#reader
    // A PROXY protocol head is passed as it came, whatever is in it.
    const isHeld = mayChange && !mayBeGreeting
    const to = isHeld ? (this.#editPoint ??= new EditPoint()).find(kept) : kept.length
    const early = kept.subarray(this.#sentOfHead, to)
    this.#sentOfHead = to
    return early
  }

  /** How many of a complete head's bytes were sent early. Asked once for each head. */
  takeSent (): number {
    const sent = this.#sentOfHead
    this.#sentOfHead = 0
    this.#editPoint = undefined
    return sent
  }

  /** What was received of an unfinished head, sent early or not, and what is behind it. */
  peek (): Buffer {
    return Buffer.concat([this.#reader.kept, this.#bytes.subarray(this.#at, this.#to), ...this.#queue])
  }

  /** Everything received and not sent, in order, for a connection that becomes opaque. */
  takeAll (): Buffer {
    const all = this.peek().subarray(this.takeSent())
    const waiting = this.#waiting
    this.#at = this.#to
    this.#queue = NO_PIECES
    this.#waiting = undefined
    return waiting === undefined ? all : Buffer.concat([waiting, all])
  }

  #takePiece (): boolean {
    const piece = this.#queue.shift()
    if (piece === undefined) return false
    this.#bytes = piece
    this.#at = 0
    this.#to = piece.length
    this.#isBorrowed = false
    return true
  }
}

const EMPTY = Buffer.alloc(0)
const NO_PIECES: Buffer[] = []
