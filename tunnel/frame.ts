/**
 * Words of the yamux wire, as https://github.com/hashicorp/yamux/blob/master/spec.md has them. Each frame begins with
 * 12 bytes, big endian: version (1), type (1), flags (2), stream id (4), length (4).
 */
export const FRAME_HEADER_BYTES = 12
export const YAMUX_VERSION = 0

export const FRAME_TYPE = {
  /** Length bytes of payload follow. */
  data: 0,
  /** Length is added to the window of the receiver of this frame. */
  windowUpdate: 1,
  /** Length is an opaque value, echoed back. Stream id 0. */
  ping: 2,
  /** Length is a GoAway code. Stream id 0. */
  goAway: 3
} as const

export type FrameType = typeof FRAME_TYPE[keyof typeof FRAME_TYPE]

export const FLAG = {
  /** First frame of a stream; a ping that asks. */
  SYN: 1,
  /** First frame in answer to a SYN; a ping that answers. */
  ACK: 2,
  /** The sender of this frame sends no more data. */
  FIN: 4,
  /** The stream is gone at once, both ways. */
  RST: 8
} as const

export type FrameHeader = {
  readonly type: FrameType
  readonly flags: number
  readonly streamId: number
  readonly length: number
}
