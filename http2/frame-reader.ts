import { FRAME_HEAD_BYTES, frameLength, PADDED, read31 } from './frame.ts'

/** What happens to a frame. */
export type Verdict = typeof PASS | typeof TAKE | typeof WHOLE | typeof DROP | typeof STOP
/** It goes on as it came, head and payload. */
export const PASS = 0
/** A DATA frame whose data goes to `onData`, without the padding. */
export const TAKE = 1
/** It is shown to `onFrame` when all of it is there. */
export const WHOLE = 2
/** It goes nowhere. */
export const DROP = 3
/** From its first byte on everything goes on as it came, and is not looked at again. */
export const STOP = 4

/** Who decides about frames. Called while `push` runs. */
export type FrameSink = {
  /** The head of a frame was read. */
  onHead (type: number, flags: number, streamId: number, length: number): Verdict
  /** All of a `WHOLE` frame, `bytes[at..end)`, head included. The bytes are the sink's only during the call. */
  onFrame (bytes: Buffer, at: number, end: number): Verdict
  /** A piece of the data of a `TAKE` frame, may be empty; `isLast`: no more of this frame. */
  onData (bytes: Buffer, from: number, to: number, isLast: boolean): void
  /** Bytes that go on as they came: as many frames as possible at once. */
  onPass (bytes: Buffer, from: number, to: number): void
}

/**
 * Walks the frames of one direction, however its bytes are split. Nothing is copied but a piece of a head, or of a
 * frame that is to be seen whole, at the end of what has arrived.
 */
export class FrameReader {
  readonly #sink: FrameSink
  /** Payload bytes of the present frame that have not come yet. */
  #left = 0
  #leftVerdict: Verdict = PASS
  /** Of a `TAKE` frame: bytes of padding at its end; -1: its first byte, which says so, has not come yet. */
  #paddingBytes = 0
  /** The beginning of a frame that is not decided yet. */
  #held: Buffer = EMPTY
  #heldBytes = 0
  #bytes: Buffer = EMPTY
  #runFrom = 0
  #at = 0
  #stopped = false

  constructor (sink: FrameSink) {
    this.#sink = sink
  }

  /** Whether what was passed so far ends with a whole frame. */
  get isBetweenFrames (): boolean {
    return this.#left === 0 || this.#leftVerdict !== PASS
  }

  /** Whether nothing of a frame has come that is not complete. */
  get isIdle (): boolean {
    return this.#left === 0 && this.#heldBytes === 0
  }

  get isStopped (): boolean {
    return this.#stopped
  }

  /** Passes what is held of a frame, and from now on everything. */
  stop (): void {
    if (this.#stopped) return
    this.#stopped = true
    if (this.#heldBytes > 0) this.#sink.onPass(this.#held, 0, this.#heldBytes)
    this.#heldBytes = 0
  }

  push (bytes: Buffer, from: number, to: number): void {
    this.#bytes = bytes
    this.#runFrom = from
    this.#at = from
    while (this.#at < to) {
      if (this.#stopped) this.#at = to
      else if (this.#left > 0) this.#goOn(to)
      else if (this.#heldBytes > 0 || to - this.#at < FRAME_HEAD_BYTES) this.#hold(to)
      else this.#begin(to)
    }
    this.flush()
    this.#bytes = EMPTY
  }

  /** Passes what is to be passed and lies before the frame that is being looked at. */
  flush (): void {
    const from = this.#runFrom
    if (this.#at <= from) return
    this.#runFrom = this.#at
    this.#sink.onPass(this.#bytes, from, this.#at)
  }

  // A frame whose head is there.
  #begin (to: number): void {
    const bytes = this.#bytes
    const at = this.#at
    const length = frameLength(bytes, at)
    const flags = bytes[at + 4] as number
    const verdict = this.#sink.onHead(bytes[at + 3] as number, flags, read31(bytes, at + 5), length)
    if (verdict === WHOLE) {
      if (to - at < FRAME_HEAD_BYTES + length) return this.#keep(at, to, length)
      const end = at + FRAME_HEAD_BYTES + length
      this.#settle(this.#sink.onFrame(bytes, at, end), end)
    } else this.#settle(verdict, at + FRAME_HEAD_BYTES, flags, length)
  }

  /** Goes on at `next`; what lies before it passes or not. */
  #settle (verdict: Verdict, next: number, flags = 0, length = 0): void {
    if (verdict === STOP) {
      this.#stopped = true
      return
    }
    if (verdict !== PASS) this.flush()
    this.#at = next
    if (verdict !== PASS) this.#runFrom = next
    this.#startPayload(verdict, flags, length)
  }

  #startPayload (verdict: Verdict, flags: number, length: number): void {
    this.#left = length
    this.#leftVerdict = verdict
    if (verdict !== TAKE) return
    this.#paddingBytes = (flags & PADDED) === 0 ? 0 : -1
    if (length === 0) this.#sink.onData(this.#bytes, this.#at, this.#at, true)
  }

  // Inside a payload.
  #goOn (to: number): void {
    const bytes = Math.min(this.#left, to - this.#at)
    if (this.#leftVerdict === TAKE) return this.#take(bytes)
    this.#left -= bytes
    this.#at += bytes
    if (this.#leftVerdict === DROP) this.#runFrom = this.#at
  }

  #take (available: number): void {
    if (this.#paddingBytes === -1) {
      this.#paddingBytes = this.#bytes[this.#at] as number
      this.#skip(1)
      // More padding than payload is an error that only its sender makes; what is there is then no data.
      if (this.#left <= this.#paddingBytes) this.#sink.onData(this.#bytes, this.#at, this.#at, true)
      return
    }
    const dataLeft = this.#left - this.#paddingBytes
    if (dataLeft <= 0) return this.#skip(available)
    const length = Math.min(dataLeft, available)
    const from = this.#at
    this.#skip(length)
    this.#sink.onData(this.#bytes, from, from + length, length === dataLeft)
  }

  #skip (bytes: number): void {
    this.#at += bytes
    this.#left -= bytes
    this.#runFrom = this.#at
  }

  // The rest of a head, or of a whole frame, that began in an earlier piece; or the beginning of one.
  #hold (to: number): void {
    const wanted = this.#wantedBytes()
    const bytes = Math.min(to - this.#at, wanted - this.#heldBytes)
    this.#append(this.#at, this.#at + bytes, wanted)
    if (this.#heldBytes < wanted) return
    const head = this.#held
    const length = frameLength(head, 0)
    const isWhole = wanted > FRAME_HEAD_BYTES
    let verdict = isWhole ? this.#sink.onFrame(head, 0, wanted) : this.#headVerdict(head, length)
    if (verdict === WHOLE) {
      if (length > 0) return
      verdict = this.#sink.onFrame(head, 0, wanted)
      this.#release(verdict, 0)
    } else this.#release(verdict, isWhole ? 0 : length)
  }

  #headVerdict (head: Buffer, length: number): Verdict {
    return this.#sink.onHead(head[3] as number, head[4] as number, read31(head, 5), length)
  }

  // A head is asked about once: a frame that is held beyond its head is one to be seen whole.
  #wantedBytes (): number {
    if (this.#heldBytes < FRAME_HEAD_BYTES) return FRAME_HEAD_BYTES
    return FRAME_HEAD_BYTES + frameLength(this.#held, 0)
  }

  /** What was held is decided. @param left payload bytes that follow. */
  #release (verdict: Verdict, left: number): void {
    const bytes = this.#heldBytes
    this.#heldBytes = 0
    if (verdict === PASS || verdict === STOP) this.#sink.onPass(this.#held, 0, bytes)
    const flags = this.#held[4] as number
    if (this.#held.length > KEPT_BYTES) this.#held = EMPTY
    if (verdict === STOP) this.#stopped = true
    else this.#startPayload(verdict, flags, left)
  }

  #keep (from: number, to: number, length: number): void {
    this.#append(from, to, FRAME_HEAD_BYTES + length)
  }

  #append (from: number, to: number, wanted: number): void {
    this.#at = from
    this.flush()
    if (this.#held.length < wanted) {
      const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 64))
      this.#held.copy(larger, 0, 0, this.#heldBytes)
      this.#held = larger
    }
    this.#bytes.copy(this.#held, this.#heldBytes, from, to)
    this.#heldBytes += to - from
    this.#at = to
    this.#runFrom = to
  }
}

const EMPTY = Buffer.alloc(0)
/** A buffer of this size is kept for the next frame that is split. */
const KEPT_BYTES = 256
