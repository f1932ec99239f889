import { DEFAULT_FRAME_BYTES } from '../../http2/frame.ts'
import { dataFrame } from '../../http2/write-frames.ts'
import type { Sender } from './sender.ts'

/** Where the frames of a flow go: to the caller, or to a developer's program. */
export type Way = {
  /** How much DATA may go now, of whatever stream. */
  readonly roomBytes: number
  sendData (frame: Buffer, windowBytes: number): void
  /** Frames that count against no window. */
  send (frames: Buffer): void
  addSender (sender: Sender): void
  removeSender (sender: Sender): void
}

export type FlowOwner = {
  /** Bytes left us: their sender may send as many again. */
  onSent (bytes: number): void
  /** END_STREAM was sent. */
  onDone (): void
}

/**
 * One direction of a diverted stream. Its data is written again as frames that the receiver takes, as its windows
 * allow; what they do not is kept. How much that can be is bounded by the window that we gave the sender.
 */
export class DataFlow implements Sender {
  /** What the receiver takes on this stream. May be negative (RFC 9113, 6.9.2). */
  windowBytes: number
  readonly #way: Way
  readonly #streamId: number
  readonly #owner: FlowOwner
  readonly #pieces: Buffer[] = []
  /** What of the first piece is sent. */
  #sentOfFirst = 0
  #heldBytes = 0
  #isOpen: boolean
  #ends = false
  #trailers: (() => Buffer) | undefined
  #isOver = false

  /** @param isOpen false: the receiver does not know the stream yet. */
  constructor (streamId: number, way: Way, windowBytes: number, isOpen: boolean, owner: FlowOwner) {
    this.#streamId = streamId
    this.#way = way
    this.windowBytes = windowBytes
    this.#isOpen = isOpen
    this.#owner = owner
  }

  get heldBytes (): number {
    return this.#heldBytes
  }

  /** Whether the sender's END_STREAM has come. */
  get ended (): boolean {
    return this.#ends
  }

  push (bytes: Buffer, from: number, to: number, ends: boolean): void {
    if (this.#isOver || this.#ends) return
    const length = to - from
    if (length === 0) {
      if (ends) this.end()
      return
    }
    const room = Math.min(this.windowBytes, this.#way.roomBytes, DEFAULT_FRAME_BYTES)
    this.#ends = ends
    if (this.#isOpen && this.#heldBytes === 0 && length <= room) return this.#send(bytes, from, to)
    this.#pieces.push(Buffer.from(bytes.subarray(from, to)))
    this.#heldBytes += length
    this.#way.addSender(this)
  }

  /** Nothing follows, but for trailers. @param trailers writes their frames, when it is their turn. */
  end (trailers?: () => Buffer): void {
    if (this.#isOver || this.#ends) return
    this.#ends = true
    this.#trailers = trailers
    if (this.#isOpen && this.#heldBytes === 0) this.#sendEnd()
  }

  /** END_STREAM goes with the stream's first fields. */
  endWithHead (): void {
    this.#ends = true
    this.#isOver = true
  }

  /** The receiver knows the stream from here on. */
  open (windowBytes: number): void {
    this.#isOpen = true
    this.windowBytes = windowBytes
    if (this.#heldBytes > 0) this.#way.addSender(this)
    else if (this.#ends && !this.#isOver) this.#sendEnd()
  }

  /** The receiver takes more. */
  grant (bytes: number): void {
    this.windowBytes += bytes
    if (this.#isOpen && this.#heldBytes > 0) this.#way.addSender(this)
  }

  sendOne (): boolean {
    const piece = this.#pieces[0]
    if (piece === undefined || !this.#isOpen) return false
    const from = this.#sentOfFirst
    const bytes = Math.min(piece.length - from, this.windowBytes, this.#way.roomBytes, DEFAULT_FRAME_BYTES)
    if (bytes <= 0) return false
    this.#heldBytes -= bytes
    this.#sentOfFirst += bytes
    if (this.#sentOfFirst === piece.length) {
      this.#pieces.shift()
      this.#sentOfFirst = 0
    }
    this.#send(piece, from, from + bytes)
    return this.#heldBytes > 0
  }

  /** Nothing more is sent. */
  stop (): void {
    this.#isOver = true
    this.#pieces.length = 0
    this.#heldBytes = 0
    this.#way.removeSender(this)
  }

  #send (bytes: Buffer, from: number, to: number): void {
    const isLast = this.#ends && this.#heldBytes === 0 && this.#trailers === undefined
    this.windowBytes -= to - from
    this.#way.sendData(dataFrame(this.#streamId, bytes, from, to, isLast), to - from)
    this.#owner.onSent(to - from)
    if (isLast) this.#finish()
    else if (this.#ends && this.#heldBytes === 0) this.#sendEnd()
  }

  #sendEnd (): void {
    this.#way.send(this.#trailers?.() ?? dataFrame(this.#streamId, NOTHING, 0, 0, true))
    this.#finish()
  }

  #finish (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.onDone()
  }
}

const NOTHING = Buffer.alloc(0)
