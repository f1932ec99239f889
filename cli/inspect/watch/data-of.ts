import { ChunkedReader } from '../../../http1/chunked.ts'
import type { Field } from '../../../http1/fields.ts'
import type { Framing } from '../../../http1/framing.ts'
import { readTrailers } from './trailers.ts'

/** Takes a piece of a body as it was sent. */
export type TakePiece = (bytes: Buffer, from: number, to: number) => void

/** More than a program sends behind a body; those of one that sends more are not shown. */
const MAX_TRAILER_BYTES = 8 * 1024

/**
 * Hands on what a body says: the same bytes, but of a chunked one the data alone.
 *
 * @param onTrailers told at the end of a chunked body, where fields follow it.
 */
export function dataOf (
  framing: Framing, take: TakePiece, onTrailers: (trailers: readonly Field[]) => void
): TakePiece {
  if (framing.kind !== 'chunked') return take
  let piece: Buffer = Buffer.alloc(0)
  let dataEnd = 0
  /** What came behind the newest data: at the end, the last chunk and the trailers. */
  let behind = ''
  const reader = new ChunkedReader((from, to) => {
    take(piece, from, to)
    dataEnd = to
    behind = ''
  })
  return (bytes, from, to) => {
    piece = bytes
    dataEnd = from
    reader.read(bytes, from, to)
    if (behind.length <= MAX_TRAILER_BYTES) {
      behind += bytes.toString('latin1', dataEnd, Math.min(to, dataEnd + MAX_TRAILER_BYTES + 1))
    }
    if (!reader.done || behind.length > MAX_TRAILER_BYTES) return
    const trailers = readTrailers(behind)
    if (trailers.length > 0) onTrailers(trailers)
  }
}
