import { decodeBody } from '../decode-body.ts'
import { valueOf, type Exchange } from '../exchange.ts'
import { KeptBytes } from '../kept-bytes.ts'
import { MAX_PACKED_BYTES, type PassedMessages } from '../passed-messages.ts'

/** Compressed flag and length (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
const PREFIX_BYTES = 5
/** A stream may have any number of them. */
const MAX_KEPT = 1000

/** Finds the messages of one direction of a gRPC call, however its bytes are split. */
export class MessageCounter {
  /** Length of each, in bytes; of the first thousand. */
  readonly lengths: number[] = []
  readonly #way: 'sent' | 'received'
  readonly #messages: PassedMessages
  readonly #encoding: () => string | undefined
  readonly #prefix = Buffer.alloc(PREFIX_BYTES)
  #prefixBytes = 0
  #left = 0
  #payload = noPayload()
  #isForgotten = false

  /** @param messages gets each message when it is complete. @param encoding of those that are compressed. */
  constructor (way: 'sent' | 'received', messages: PassedMessages, encoding: () => string | undefined) {
    this.#way = way
    this.#messages = messages
    this.#encoding = encoding
    messages.onForget(() => {
      this.#isForgotten = true
      this.#payload.forget()
    })
  }

  push (bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to && !this.#isForgotten) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, to - at)
        this.#payload.push(bytes, at, at + taken)
        this.#left -= taken
        at += taken
        if (this.#left === 0) this.#end()
        continue
      }
      this.#prefix[this.#prefixBytes++] = bytes[at++] as number
      if (this.#prefixBytes === PREFIX_BYTES) this.#begin()
    }
  }

  #begin (): void {
    this.#prefixBytes = 0
    this.#left = this.#prefix.readUInt32BE(1)
    if (this.lengths.length < MAX_KEPT) this.lengths.push(this.#left)
    this.#payload = noPayload()
    if (this.#left === 0) this.#end()
  }

  #end (): void {
    const { bytes, totalBytes, isCut } = this.#payload
    const unfolded = this.#prefix[0] === 0 ? bytes : isCut ? undefined : decodeBody(bytes, this.#encoding() ?? '')
    const isPacked = unfolded === undefined
    this.#messages.add(
      { way: this.#way, kind: 'binary', totalBytes: unfolded?.length ?? totalBytes, isCut, isPacked }, unfolded ?? bytes)
  }
}

function noPayload (): KeptBytes {
  return new KeptBytes(MAX_PACKED_BYTES, () => true)
}

/** Begins to keep the messages of a gRPC call. */
export function countMessages (
  exchange: Exchange
): { readonly sent: MessageCounter, readonly received: MessageCounter } {
  const messages = exchange.keepMessages()
  const sent = new MessageCounter('sent', messages, () => valueOf(exchange.requestHeaders, 'grpc-encoding'))
  const received = new MessageCounter('received', messages, () => valueOf(exchange.responseHeaders, 'grpc-encoding'))
  exchange.messages = { sent: sent.lengths, received: received.lengths }
  return { sent, received }
}
