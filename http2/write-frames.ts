import {
  ACK, CONTINUATION, DATA, DEFAULT_FRAME_BYTES, END_HEADERS, END_STREAM, FRAME_HEAD_BYTES, GOAWAY, HEADERS, PING,
  PRIORITY_FLAG, RST_STREAM, SETTINGS, WINDOW_UPDATE, writeFrameHead
} from './frame.ts'

/** @param streamId 0 for the connection's window. */
export function windowUpdate (streamId: number, bytes: number): Buffer {
  return withNumber(WINDOW_UPDATE, streamId, bytes)
}

export function rstStream (streamId: number, code: number): Buffer {
  return withNumber(RST_STREAM, streamId, code)
}

/** @param lastStreamId the highest stream that was, or may have been, looked at. */
export function goaway (lastStreamId: number, code: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + 8)
  const at = writeFrameHead(frame, 0, 8, GOAWAY, 0, 0)
  frame.writeUInt32BE(lastStreamId, at)
  frame.writeUInt32BE(code, at + 4)
  return frame
}

/** @param settings pairs of identifier and value. */
export function settings (settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const length = settings.length * 6
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + length)
  let at = writeFrameHead(frame, 0, length, SETTINGS, 0, 0)
  for (const [id, value] of settings) {
    frame.writeUInt16BE(id, at)
    frame.writeUInt32BE(value, at + 2)
    at += 6
  }
  return frame
}

export const SETTINGS_ACK: Buffer = emptyFrame(SETTINGS, ACK)

/** The answer to a PING whose 8 bytes begin at `at`. */
export function pingAck (bytes: Buffer, at: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + 8)
  bytes.copy(frame, writeFrameHead(frame, 0, 8, PING, ACK, 0), at, at + 8)
  return frame
}

/** One DATA frame with a copy of `bytes[from..to)`, which must fit into a frame. */
export function dataFrame (streamId: number, bytes: Buffer, from: number, to: number, ends: boolean): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + to - from)
  bytes.copy(frame, writeFrameHead(frame, 0, to - from, DATA, ends ? END_STREAM : 0, streamId), from, to)
  return frame
}

/**
 * HEADERS, and as many CONTINUATION frames as the block `bytes[from..to)` needs, without padding. The frames are of the
 * size that every peer takes.
 *
 * @param priority five bytes, or none.
 */
export function headersFrames (
  streamId: number, bytes: Buffer, from: number, to: number, ends: boolean, priority: Buffer = NO_PRIORITY
): Buffer {
  const length = priority.length + to - from
  const count = Math.max(1, Math.ceil(length / DEFAULT_FRAME_BYTES))
  const frames = Buffer.allocUnsafe(length + count * FRAME_HEAD_BYTES)
  const firstFlags = (ends ? END_STREAM : 0) | (priority.length > 0 ? PRIORITY_FLAG : 0)
  let at = 0
  let next = from
  for (let index = 0; index < count; index++) {
    const prefix = index === 0 ? priority : NO_PRIORITY
    const end = Math.min(to, next + DEFAULT_FRAME_BYTES - prefix.length)
    const flags = (index === 0 ? firstFlags : 0) | (end === to ? END_HEADERS : 0)
    const type = index === 0 ? HEADERS : CONTINUATION
    at = writeFrameHead(frames, at, prefix.length + end - next, type, flags, streamId)
    at += prefix.copy(frames, at)
    at += bytes.copy(frames, at, next, end)
    next = end
  }
  return frames
}

const NO_PRIORITY = Buffer.alloc(0)

function withNumber (type: number, streamId: number, value: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + 4)
  frame.writeUInt32BE(value, writeFrameHead(frame, 0, 4, type, 0, streamId))
  return frame
}

function emptyFrame (type: number, flags: number): Buffer {
  const frame = Buffer.alloc(FRAME_HEAD_BYTES)
  writeFrameHead(frame, 0, 0, type, flags, 0)
  return frame
}
