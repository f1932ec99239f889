import { DATA, FRAME_HEAD_BYTES, frameLength, PADDED, read31, writeFrameHead } from '../../http2/frame.ts'
import { dataFrame } from '../../http2/write-frames.ts'
import type { SharedWindow } from './shared-window.ts'

/**
 * Frames of the app that wait for the caller's window: DATA that a developer's has taken the room of, and whatever
 * follows on the same streams. Other frames overtake them, as they would in any server. Bounded by the window's debt.
 */
export class HeldFrames {
  readonly #frames: Buffer[] = []
  readonly #streams = new Set<number>()
  #bytes = 0

  get isEmpty (): boolean {
    return this.#frames.length === 0
  }

  get bytes (): number {
    return this.#bytes
  }

  /** Whether frames of this stream must wait for others of it. */
  has (streamId: number): boolean {
    return this.#streams.has(streamId)
  }

  /** @param frame a whole one, ours to keep. */
  push (frame: Buffer): void {
    this.#frames.push(frame)
    this.#bytes += frame.length
    this.#streams.add(read31(frame, 5))
  }

  /**
   * What can be sent now; undefined: nothing. A DATA frame may be cut, because a caller that waits until much is used
   * up before it allows more would otherwise wait for a frame that waits for it.
   */
  next (window: SharedWindow): Buffer | undefined {
    const frame = this.#frames[0]
    if (frame === undefined) return undefined
    const length = frameLength(frame, 0)
    if (frame[3] !== DATA || length <= window.leftBytes) {
      if (frame[3] === DATA) window.spendForApp(length)
      this.#frames.shift()
      this.#bytes -= frame.length
      if (this.#frames.length === 0) this.#streams.clear()
      return frame
    }
    return this.#cut(frame, length, window)
  }

  // The padding stays with the last piece, so that the pieces count as much as the frame did.
  #cut (frame: Buffer, length: number, window: SharedWindow): Buffer | undefined {
    const isPadded = ((frame[4] as number) & PADDED) !== 0
    const paddingBytes = isPadded ? frame[FRAME_HEAD_BYTES] as number : 0
    const from = FRAME_HEAD_BYTES + (isPadded ? 1 : 0)
    const bytes = Math.min(window.leftBytes, length - paddingBytes - (isPadded ? 1 : 0))
    if (bytes <= 0) return undefined
    const streamId = read31(frame, 5)
    const piece = dataFrame(streamId, frame, from, from + bytes, false)
    // The rest gets its head where the piece lay.
    const rest = frame.subarray(bytes)
    writeFrameHead(rest, 0, length - bytes, DATA, frame[4] as number, streamId)
    if (isPadded) rest[FRAME_HEAD_BYTES] = paddingBytes
    this.#frames[0] = rest
    this.#bytes -= bytes
    window.spendForApp(bytes)
    return piece
  }
}
