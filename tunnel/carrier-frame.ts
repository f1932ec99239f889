import { ProtocolViolation } from './errors.ts'

/**
 * Frames of a carrier: type (1 byte), length of the payload (3 bytes, big endian), payload.
 *
 *   open   0   version (1 byte, 1), session id (16), token (16), bytes received (8), number of the carrier (4):
 *              45 bytes; more are ignored
 *   data   1   yamux bytes, at most 256 KiB less 4 for this header
 *   ack    2   bytes received (8)
 *   ping   3   0 to 64 opaque bytes
 *   pong   4   the bytes of the ping it answers
 *
 * Nothing but pings and pongs comes before `open`. The CLI sends sixteen zero bytes for "no session yet", the proxy's
 * side answers with the session's id and token, or with zeros for a session that it does not know. "Bytes received"
 * counts the payload of all `data` frames of the session so far, over all its carriers, so that a new carrier can go on
 * where the old one broke off. The CLI numbers a session's carriers from 1; an open whose number is not higher than the
 * last one's came too late and counts for nothing. All numbers are big endian.
 */
export const CARRIER_TYPE = { open: 0, data: 1, ack: 2, ping: 3, pong: 4 } as const

export type CarrierType = typeof CARRIER_TYPE[keyof typeof CARRIER_TYPE]

export const CARRIER_HEADER_BYTES = 4
export const CARRIER_VERSION = 1

const ID_BYTES = 16
const RECEIVED_AT = 1 + ID_BYTES + ID_BYTES
const NUMBER_AT = RECEIVED_AT + 8
const OPEN_BYTES = NUMBER_AT + 4

export type SessionKey = {
  /** 32 hexadecimal digits. A name, no secret. */
  readonly id: string
  /** 128 random bits, made by the proxy's side. Who knows them may take the session over. */
  readonly token: Buffer
}

export type OpenFrame = {
  /** Undefined: no session yet. */
  readonly session: SessionKey | undefined
  readonly bytesReceived: number
  /** Which carrier of the session it is, from 1. The answer repeats it. */
  readonly carrierNumber: number
}

export function encodeCarrierHeader (bytes: Buffer, type: CarrierType, length: number): void {
  bytes[0] = type
  bytes.writeUIntBE(length, 1, 3)
}

export function encodeCarrierFrame (type: CarrierType, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(CARRIER_HEADER_BYTES + payload.length)
  encodeCarrierHeader(frame, type, payload.length)
  payload.copy(frame, CARRIER_HEADER_BYTES)
  return frame
}

export function encodeOpen (open: OpenFrame): Buffer {
  const payload = Buffer.alloc(OPEN_BYTES)
  payload[0] = CARRIER_VERSION
  if (open.session !== undefined) {
    payload.write(open.session.id, 1, ID_BYTES, 'hex')
    open.session.token.copy(payload, 1 + ID_BYTES)
  }
  writeCount(payload, open.bytesReceived, RECEIVED_AT)
  payload.writeUInt32BE(open.carrierNumber, NUMBER_AT)
  return encodeCarrierFrame(CARRIER_TYPE.open, payload)
}

export function encodeAck (bytesReceived: number): Buffer {
  const payload = Buffer.allocUnsafe(8)
  writeCount(payload, bytesReceived, 0)
  return encodeCarrierFrame(CARRIER_TYPE.ack, payload)
}

/** @throws {ProtocolViolation} another version, or too short */
export function decodeOpen (payload: Buffer): OpenFrame {
  if (payload[0] !== CARRIER_VERSION) {
    throw new ProtocolViolation(`Carrier version ${payload[0] ?? 'missing'}, expected ${CARRIER_VERSION}`)
  }
  if (payload.length < OPEN_BYTES) {
    throw new ProtocolViolation(`Open frame of ${payload.length} bytes, expected ${OPEN_BYTES}`)
  }
  const id = payload.toString('hex', 1, 1 + ID_BYTES)
  const token = Buffer.from(payload.subarray(1 + ID_BYTES, 1 + ID_BYTES + ID_BYTES))
  const bytesReceived = readCount(payload, RECEIVED_AT)
  const carrierNumber = payload.readUInt32BE(NUMBER_AT)
  return { session: /^0+$/.test(id) ? undefined : { id, token }, bytesReceived, carrierNumber }
}

/** @throws {ProtocolViolation} */
export function decodeAck (payload: Buffer): number {
  if (payload.length !== 8) throw new ProtocolViolation(`Ack frame of ${payload.length} bytes, expected 8`)
  return readCount(payload, 0)
}

// Two halves of 32 bits: a count stays a plain number up to 2^53, which no session reaches.
function writeCount (bytes: Buffer, count: number, offset: number): void {
  bytes.writeUInt32BE(Math.floor(count / 2 ** 32), offset)
  bytes.writeUInt32BE(count % 2 ** 32, offset + 4)
}

function readCount (source: Buffer, offset: number): number {
  const count = source.readUInt32BE(offset) * 2 ** 32 + source.readUInt32BE(offset + 4)
  if (!Number.isSafeInteger(count)) throw new ProtocolViolation('Byte count over 2^53')
  return count
}
