import { FRAME_HEAD_BYTES, frameLength, read32, SETTINGS, writeFrameHead } from './frame.ts'

/** Identifiers of settings (RFC 9113, 6.5.2). */
export const HEADER_TABLE_SIZE = 1
export const ENABLE_PUSH = 2
export const MAX_CONCURRENT_STREAMS = 3
export const INITIAL_WINDOW_SIZE = 4
export const MAX_HEADER_LIST_SIZE = 6

const ENTRY_BYTES = 6

/** The last value of a setting in the SETTINGS frame at `at`: entries count in order. Undefined: not in it. */
export function readSetting (bytes: Buffer, at: number, id: number): number | undefined {
  let value: number | undefined
  const end = at + FRAME_HEAD_BYTES + frameLength(bytes, at)
  for (let entry = at + FRAME_HEAD_BYTES; entry < end; entry += ENTRY_BYTES) {
    if (((bytes[entry] as number) << 8 | (bytes[entry + 1] as number)) === id) value = read32(bytes, entry + 2)
  }
  return value
}

/** The lowest value of a setting in the SETTINGS frame at `at`. Undefined: not in it. */
export function readLowestSetting (bytes: Buffer, at: number, id: number): number | undefined {
  let value: number | undefined
  const end = at + FRAME_HEAD_BYTES + frameLength(bytes, at)
  for (let entry = at + FRAME_HEAD_BYTES; entry < end; entry += ENTRY_BYTES) {
    if (((bytes[entry] as number) << 8 | (bytes[entry + 1] as number)) !== id) continue
    value = Math.min(value ?? Infinity, read32(bytes, entry + 2))
  }
  return value
}

/** A copy of the SETTINGS frame at `at` in which HEADER_TABLE_SIZE is 0: changed where it stands, else added. */
export function withoutHeaderTable (bytes: Buffer, at: number): Buffer {
  const length = frameLength(bytes, at)
  const isThere = readSetting(bytes, at, HEADER_TABLE_SIZE) !== undefined
  const newLength = isThere ? length : length + ENTRY_BYTES
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + newLength)
  const payload = writeFrameHead(frame, 0, newLength, SETTINGS, 0, 0)
  bytes.copy(frame, payload, at + FRAME_HEAD_BYTES, at + FRAME_HEAD_BYTES + length)
  if (!isThere) frame[payload + length + 1] = HEADER_TABLE_SIZE
  for (let entry = payload; entry < frame.length; entry += ENTRY_BYTES) {
    if (frame.readUInt16BE(entry) === HEADER_TABLE_SIZE) frame.writeUInt32BE(0, entry + 2)
  }
  return frame
}
