import { readRequestHead, type RequestHead } from '../http1/request-head.ts'

/** A complete head that waits for the turns before it, with its bytes. */
export class WaitingHead {
  readonly bytes: Buffer

  constructor (bytes: Buffer, from: number, to: number) {
    this.bytes = Buffer.from(bytes.subarray(from, to))
  }

  /** The head, to be asked until the next one is read. */
  read (): RequestHead {
    const head = readRequestHead(this.bytes, 0, this.bytes.length)
    if (typeof head === 'string') throw new Error(`a head that was read is ${head} now`)
    return head
  }
}
