import { ChunkedReader } from './chunked.ts'
import type { Framing } from './framing.ts'

/** Finds the end of one body in the bytes that pass. Changes nothing and keeps nothing. */
export type BodyReader = {
  /** True once the last byte was read. Never for a body that ends with the connection. */
  readonly done: boolean
  /** Returns the index after the last byte of this body among `from`..`to`, or -1 when the framing is malformed. */
  read (bytes: Buffer, from: number, to: number): number
}

/** Makes the reader for one body. */
export function createBodyReader (framing: Framing): BodyReader {
  switch (framing.kind) {
    case 'none': return new LengthReader(0)
    case 'length': return new LengthReader(framing.length)
    case 'chunked': return new ChunkedReader()
    case 'until-close': return { done: false, read: (_bytes, _from, to) => to }
  }
}

class LengthReader {
  #left: number

  constructor (length: number) {
    this.#left = length
  }

  get done (): boolean {
    return this.#left === 0
  }

  read (_bytes: Buffer, from: number, to: number): number {
    const step = Math.min(this.#left, to - from)
    this.#left -= step
    return from + step
  }
}
