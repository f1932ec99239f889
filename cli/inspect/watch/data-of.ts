import { ChunkedReader } from '../../../http1/chunked.ts'
import type { Framing } from '../../../http1/framing.ts'

/** Takes a piece of a body as it was sent. */
export type TakePiece = (bytes: Buffer, from: number, to: number) => void

/** Hands on what a body says: the same bytes, but of a chunked one the data alone. */
export function dataOf (framing: Framing, take: TakePiece): TakePiece {
  if (framing.kind !== 'chunked') return take
  let piece: Buffer = Buffer.alloc(0)
  const reader = new ChunkedReader((from, to) => { take(piece, from, to) })
  return (bytes, from, to) => {
    piece = bytes
    reader.read(bytes, from, to)
  }
}
