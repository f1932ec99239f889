/** The slow and obvious twin of both codecs: whole buffers in, whole frames out, straight from the specification. */
export type NaiveFrame = {
  readonly version: number
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly length: number
  readonly payload: Buffer
}

export type NaiveCarrierFrame = { readonly type: number, readonly payload: Buffer }

export function encodeNaively (frame: Partial<NaiveFrame>): Buffer {
  const payload = frame.payload ?? Buffer.alloc(0)
  const header = Buffer.concat([
    bigEndian(frame.version ?? 0, 1),
    bigEndian(frame.type ?? 0, 1),
    bigEndian(frame.flags ?? 0, 2),
    bigEndian(frame.streamId ?? 0, 4),
    bigEndian(frame.length ?? payload.length, 4)
  ])
  return Buffer.concat([header, payload])
}

export function decodeNaively (bytes: Buffer): NaiveFrame[] {
  const frames: NaiveFrame[] = []
  for (let at = 0; at < bytes.length;) {
    const type = number(bytes, at + 1, 1)
    const length = number(bytes, at + 8, 4)
    const end = at + 12 + (type === 0 ? length : 0)
    if (end > bytes.length) throw new RangeError('Bytes end inside a frame')
    frames.push({
      version: number(bytes, at, 1),
      type,
      flags: number(bytes, at + 2, 2),
      streamId: number(bytes, at + 4, 4),
      length,
      payload: bytes.subarray(at + 12, end)
    })
    at = end
  }
  return frames
}

export function encodeCarrierNaively (type: number, payload: Buffer): Buffer {
  return Buffer.concat([bigEndian(type, 1), bigEndian(payload.length, 3), payload])
}

/** Frames that are complete, and what is left. */
export function decodeCarrierNaively (bytes: Buffer): { readonly frames: NaiveCarrierFrame[], readonly rest: Buffer } {
  const frames: NaiveCarrierFrame[] = []
  let at = 0
  while (bytes.length - at >= 4 && bytes.length - at - 4 >= number(bytes, at + 1, 3)) {
    const end = at + 4 + number(bytes, at + 1, 3)
    frames.push({ type: number(bytes, at, 1), payload: bytes.subarray(at + 4, end) })
    at = end
  }
  return { frames, rest: bytes.subarray(at) }
}

function bigEndian (value: number, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
}

function number (bytes: Buffer, at: number, length: number): number {
  return parseInt(bytes.toString('hex', at, at + length), 16)
}
