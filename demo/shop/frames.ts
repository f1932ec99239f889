import { Transform, type TransformCallback } from 'node:stream'

/** Kinds of frames (RFC 6455, 5.2). */
export const TEXT = 0x1
export const CLOSE = 0x8
export const PING = 0x9
export const PONG = 0xa

/** More than anybody says to the shop. */
const MAX_PAYLOAD_BYTES = 4096
const MAX_CONTROL_BYTES = 125
const MASK_BYTES = 4

type Head = { readonly isMasked: boolean, readonly from: number, readonly to: number }

/** Cuts what comes into its frames, as they are. Fails at one that is longer than the shop's ever are. */
export function wholeFrames (): Transform {
  let kept = Buffer.alloc(0)
  function transform (this: Transform, bytes: Buffer, _encoding: string, done: TransformCallback): void {
    kept = Buffer.concat([kept, bytes])
    for (let head = headOf(kept); head !== undefined; head = headOf(kept)) {
      if (head.to - head.from > MAX_PAYLOAD_BYTES) {
        done(new Error('A frame is too long'))
        return
      }
      if (kept.length < head.to) break
      this.push(kept.subarray(0, head.to))
      kept = kept.subarray(head.to)
    }
    done()
  }
  return new Transform({ readableObjectMode: true, transform })
}

/** What a caller's frame says. Undefined: it is not as a caller's must be (5.1, 5.5). */
export function readFrame (frame: Buffer): { readonly opcode: number, readonly payload: Buffer } | undefined {
  const head = headOf(frame)
  const opcode = (frame[0] ?? 0) & 0x0f
  if (head?.isMasked !== true || (opcode >= CLOSE && head.to - head.from > MAX_CONTROL_BYTES)) return undefined
  const mask = frame.subarray(head.from - MASK_BYTES, head.from)
  const payload = Buffer.from(frame.subarray(head.from, head.to))
  for (const [at, byte] of payload.entries()) payload[at] = byte ^ (mask[at % MASK_BYTES] ?? 0)
  return { opcode, payload }
}

/** A message in one frame, as a server writes it. @param payload of less than 64 KiB. */
export function frameOf (opcode: number, payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload)
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 0xff]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), bytes])
}

/** Undefined: more must come before anything can be said. */
function headOf (bytes: Buffer): Head | undefined {
  const [, second] = bytes
  if (second === undefined) return undefined
  const isMasked = (second & 0x80) !== 0
  const short = second & 0x7f
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0
  if (bytes.length < 2 + lengthBytes) return undefined
  const from = 2 + lengthBytes + (isMasked ? MASK_BYTES : 0)
  if (lengthBytes === 8) return { isMasked, from, to: from + Number(bytes.readBigUInt64BE(2)) }
  return { isMasked, from, to: from + (lengthBytes === 2 ? bytes.readUInt16BE(2) : short) }
}
