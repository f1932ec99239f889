import { FRAME_HEAD_BYTES, frameLength, read31, SETTINGS } from './frame.ts'

/** What a caller with prior knowledge sends first (RFC 9113, 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** A server's first SETTINGS has a handful of entries; more is some other protocol. */
const MAX_FIRST_SETTINGS_BYTES = 50 * 6

export type Looks = 'yes' | 'partly' | 'no'

/** Whether a caller's first bytes are the preface, or can still become it. */
export function looksLikePreface (bytes: Buffer, from: number, to: number): Looks {
  const length = Math.min(to - from, PREFACE.length)
  if (bytes.compare(PREFACE, 0, length, from, from + length) !== 0) return 'no'
  return length === PREFACE.length ? 'yes' : 'partly'
}

/**
 * Whether a server's first bytes are the head of its SETTINGS, or can still become it: some send it without waiting
 * for the preface (RFC 9113, 3.4).
 */
export function looksLikeFirstSettings (bytes: Buffer, from: number, to: number): Looks {
  const length = Math.min(to - from, FRAME_HEAD_BYTES)
  for (let index = 0; index < length; index++) {
    const byte = bytes[from + index] as number
    if (index === 3 ? byte !== SETTINGS : index !== 1 && index !== 2 && byte !== 0) return 'no'
  }
  if (length < FRAME_HEAD_BYTES) return 'partly'
  const payloadBytes = frameLength(bytes, from)
  const fits = payloadBytes % 6 === 0 && payloadBytes <= MAX_FIRST_SETTINGS_BYTES && read31(bytes, from + 5) === 0
  return fits ? 'yes' : 'no'
}
