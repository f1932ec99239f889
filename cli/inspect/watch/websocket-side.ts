import { KeptBytes } from '../kept-bytes.ts'
import { MAX_MESSAGE_BYTES, MAX_PACKED_BYTES, type PassedMessages } from '../passed-messages.ts'
import type { FrameCounts } from '../view-types.ts'
import type { MessageInflater } from './message-inflater.ts'

const CONTINUATION = 0
const TEXT = 1
const BINARY = 2
const CONTROL = { 8: 'close', 9: 'ping', 10: 'pong' } as const

const FINAL = 0x80
const COMPRESSED = 0x40
type Frame = {
  readonly opcode: number
  readonly isFinal: boolean
  readonly isMasked: boolean
  readonly into: KeptBytes
  /** Payload bytes that were read. */
  at: number
}
type Message = { readonly kind: 'text' | 'binary', readonly isPacked: boolean, readonly bytes: KeptBytes }

/** Reads the frames of one direction of a WebSocket (RFC 6455, 5.2), however its bytes are split. */
export class WebSocketSide implements FrameCounts {
  text = 0
  binary = 0
  control = 0
  bytes = 0
  readonly #way: 'sent' | 'received'
  readonly #messages: PassedMessages
  #inflater: MessageInflater | undefined
  /** The head of a frame, as far as it has come: two bytes, a longer length, a mask. */
  readonly #head = Buffer.alloc(14)
  #headBytes = 0
  #payloadLeft = 0
  #frame: Frame | undefined
  /** Whose last fragment has not come; control frames may stand between two. */
  #message: Message | undefined
  #isForgotten = false

  /** @param messages gets each message when it is complete. */
  constructor (way: 'sent' | 'received', messages: PassedMessages, inflater?: MessageInflater) {
    this.#way = way
    this.#messages = messages
    this.#inflater = inflater
    messages.onForget(() => {
      this.#isForgotten = true
      this.#inflater = undefined
      this.#message = undefined
      this.#frame?.into.forget()
    })
  }

  push (bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to && !this.#isForgotten) {
      if (this.#payloadLeft > 0) {
        const taken = Math.min(this.#payloadLeft, to - at)
        this.#take(bytes, at, at + taken)
        at += taken
        continue
      }
      this.#head[this.#headBytes++] = bytes[at++] as number
      if (this.#headBytes === this.#wantedBytes()) this.#begin()
    }
  }

  toJSON (): FrameCounts {
    const { text, binary, control, bytes } = this
    return { text, binary, control, bytes }
  }

  #wantedBytes (): number {
    if (this.#headBytes < 2) return 2
    const second = this.#head[1] as number
    const length = second & 0x7f
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + ((second & 0x80) === 0 ? 0 : 4)
  }

  #begin (): void {
    const first = this.#head[0] as number
    const second = this.#head[1] as number
    const length = second & 0x7f
    this.#payloadLeft = length === 127
      ? Number(this.#head.readBigUInt64BE(2))
      : length === 126 ? this.#head.readUInt16BE(2) : length
    this.bytes += this.#payloadLeft
    const opcode = first & 0x0f
    if (opcode === TEXT) this.text++
    else if (opcode === BINARY) this.binary++
    else if (opcode !== CONTINUATION) this.control++
    const into = this.#bytesFor(opcode, (first & COMPRESSED) !== 0)
    this.#frame = { opcode, isFinal: (first & FINAL) !== 0, isMasked: (second & 0x80) !== 0, into, at: 0 }
    if (this.#payloadLeft === 0) this.#end()
  }

  #bytesFor (opcode: number, isPacked: boolean): KeptBytes {
    if (opcode !== TEXT && opcode !== BINARY) {
      return opcode === CONTINUATION && this.#message !== undefined ? this.#message.bytes : keep(MAX_MESSAGE_BYTES)
    }
    const bytes = keep(isPacked ? MAX_PACKED_BYTES : MAX_MESSAGE_BYTES)
    this.#message = { kind: opcode === TEXT ? 'text' : 'binary', isPacked, bytes }
    return bytes
  }

  #take (bytes: Buffer, from: number, to: number): void {
    const frame = this.#frame as Frame
    const { into, isMasked } = frame
    const before = into.bytes.length
    into.push(bytes, from, to)
    if (isMasked) this.#unmask(into.bytes.subarray(before), frame.at)
    frame.at += to - from
    this.#payloadLeft -= to - from
    if (this.#payloadLeft === 0) this.#end()
  }

  #unmask (bytes: Buffer, at: number): void {
    const mask = this.#headBytes - 4
    for (let index = 0; index < bytes.length; index++) {
      (bytes[index] as number) ^= this.#head[mask + ((at + index) & 3)] as number
    }
  }

  #end (): void {
    const { opcode, isFinal, into } = this.#frame as Frame
    this.#headBytes = 0
    this.#frame = undefined
    const control = CONTROL[opcode as keyof typeof CONTROL]
    if (control !== undefined) {
      const { totalBytes, isCut } = into
      this.#messages.add({ way: this.#way, kind: control, totalBytes, isCut, isPacked: false }, into.bytes)
    } else if (isFinal && this.#message !== undefined) {
      this.#endMessage(this.#message)
      this.#message = undefined
    }
  }

  #endMessage ({ kind, isPacked, bytes: { bytes, totalBytes, isCut } }: Message): void {
    const unfolded = isPacked ? this.#inflater?.inflate(bytes, isCut) : undefined
    this.#messages.add({
      way: this.#way,
      kind,
      totalBytes: unfolded?.length ?? totalBytes,
      isCut: unfolded === undefined && isCut,
      isPacked: isPacked && unfolded === undefined
    }, unfolded ?? bytes)
  }
}

function keep (limitBytes: number): KeptBytes {
  return new KeptBytes(limitBytes, () => true)
}
