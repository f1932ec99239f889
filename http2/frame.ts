/** Frames of HTTP/2 (RFC 9113, 4 and 6). Every frame begins with a head of 9 bytes. */
export const FRAME_HEAD_BYTES = 9

export const DATA = 0
export const HEADERS = 1
export const PRIORITY = 2
export const RST_STREAM = 3
export const SETTINGS = 4
export const PUSH_PROMISE = 5
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9

/** Flags. ACK (of SETTINGS and PING) and END_STREAM (of DATA and HEADERS) are the same bit. */
export const ACK = 1
export const END_STREAM = 1
export const END_HEADERS = 4
export const PADDED = 8
export const PRIORITY_FLAG = 32

/** Error codes (RFC 9113, 7). */
export const NO_ERROR = 0
export const PROTOCOL_ERROR = 1
export const INTERNAL_ERROR = 2
export const REFUSED_STREAM = 7
export const CANCEL = 8
export const COMPRESSION_ERROR = 9
export const ENHANCE_YOUR_CALM = 11

/** What every peer takes before its SETTINGS say more (RFC 9113, 6.5.2). */
export const DEFAULT_FRAME_BYTES = 16_384
export const DEFAULT_WINDOW_BYTES = 65_535
export const MAX_WINDOW_BYTES = 0x7fff_ffff

/** Length of a frame's payload. */
export function frameLength (bytes: Buffer, at: number): number {
  return (bytes[at] as number) << 16 | (bytes[at + 1] as number) << 8 | (bytes[at + 2] as number)
}

/** Stream of a frame, or the 31 bits of a WINDOW_UPDATE: the reserved bit is ignored (RFC 9113, 4.1). */
export function read31 (bytes: Buffer, at: number): number {
  return ((bytes[at] as number) & 0x7f) << 24 | (bytes[at + 1] as number) << 16 | (bytes[at + 2] as number) << 8 |
    (bytes[at + 3] as number)
}

export function read32 (bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at)
}

/** Writes the head of a frame; returns where its payload begins. */
export function writeFrameHead (
  bytes: Buffer, at: number, length: number, type: number, flags: number, streamId: number
): number {
  bytes[at] = length >> 16
  bytes[at + 1] = length >> 8
  bytes[at + 2] = length
  bytes[at + 3] = type
  bytes[at + 4] = flags
  bytes[at + 5] = streamId >> 24
  bytes[at + 6] = streamId >> 16
  bytes[at + 7] = streamId >> 8
  bytes[at + 8] = streamId
  return at + FRAME_HEAD_BYTES
}
