import type { BatchWriter } from './encode.ts'
import { ProtocolViolation, type StreamError } from './errors.ts'
import { FLAG, FRAME_TYPE } from './frame.ts'
import { ReceiveSide } from './receive-side.ts'
import { SendSide } from './send-side.ts'
import type { WindowBudget } from './window-budget.ts'

/** What a channel tells the muxer. Functions, so that a channel can be tested with nothing above or below it. */
export type ChannelDeps = {
  /** Has something for its next turn: data, a first frame, or a FIN. */
  readonly onReady: (channel: Channel) => void
  /** A WindowUpdate is due; it goes before everybody's data. */
  readonly onCredit: (channel: Channel) => void
  /** Over: both sides sent FIN, or either reset. `sendReset`: the peer does not know yet. */
  readonly onClosed: (channel: Channel, sendReset: boolean) => void
}

/** What a channel tells its reader and writer: the Node stream on top of it. */
export type ChannelOwner = {
  /** A view of what the carrier read; the owner copies what it keeps. Says `consumed` when its reader took it. */
  readonly onData: (bytes: Buffer) => void
  readonly onEnd: () => void
  readonly onReset: (error: StreamError) => void
  /** The first frame is about to be made: the moment to hand over all that was written since the stream opened. */
  readonly onFirstTurn: () => void
}

/** `more`: wants another turn. `written`: a write or an end is done, call `finishWrite`. */
export type Turn = 'idle' | 'more' | 'written'

/** The protocol's side of one stream: windows, flags, states. No Node stream, no carrier. */
export class Channel {
  readonly id: number
  readonly #deps: ChannelDeps
  readonly #sending = new SendSide()
  readonly #receiving: ReceiveSide
  #owner: ChannelOwner | undefined
  #done: (() => void) | undefined
  /** SYN or ACK until our first frame carried it. */
  #firstFlag: number
  #fin: 'none' | 'asked' | 'sent' = 'none'
  #finReceived = false
  #closed = false
  /** The muxer's notes: whether this channel stands in its queues. */
  queuedForTurn = false
  queuedForCredit = false

  constructor (id: number, opener: 'us' | 'peer', windowBytes: number, deps: ChannelDeps, budget?: WindowBudget) {
    this.id = id
    this.#firstFlag = opener === 'us' ? FLAG.SYN : FLAG.ACK
    this.#receiving = new ReceiveSide(windowBytes, budget)
    this.#deps = deps
  }

  get isClosed (): boolean {
    return this.#closed
  }

  get heldBytes (): number {
    return this.#receiving.heldBytes
  }

  attach (owner: ChannelOwner): void {
    this.#owner = owner
  }

  /** `done` is called once every byte was packed for the carrier; the chunks are free from then on. */
  write (chunks: readonly Buffer[], done: () => void): void {
    this.#sending.setChunks(chunks)
    this.#done = done
    if (this.#sending.waitingBytes === 0) this.finishWrite()
    else if (this.#sending.nextFrameBytes > 0) this.#deps.onReady(this)
  }

  /** FIN, after everything written. */
  end (done: () => void): void {
    this.#fin = 'asked'
    this.#done = done
    this.#deps.onReady(this)
  }

  /** RST; nothing goes out when the peer never heard of this stream. Harmless once the channel is closed. */
  reset (): void {
    if (this.#closed) return
    this.#close((this.#firstFlag & FLAG.SYN) === 0)
  }

  /** Nobody reads it any more. */
  giveUp (): void {
    this.reset()
    this.#receiving.giveUp()
  }

  consumed (bytes: number): void {
    this.#receiving.consumed(bytes)
    if (!this.#closed && !this.#finReceived && this.#receiving.isCreditDue) this.#deps.onCredit(this)
  }

  /** Writes one frame at most. */
  takeTurn (writer: BatchWriter): Turn {
    this.#prepareFirstFrame()
    if (this.#closed) return 'idle'
    if (this.#sending.nextFrameBytes > 0) return this.#sendData(writer)
    if (this.#fin === 'asked' && this.#sending.waitingBytes === 0) return this.#sendFin(writer)
    if (this.#firstFlag !== 0) this.writeCredit(writer)
    return 'idle'
  }

  /** A WindowUpdate with what is due; also the first frame of a stream that has no data yet. */
  writeCredit (writer: BatchWriter): void {
    this.#prepareFirstFrame()
    if (this.#closed) return
    writer.writeHeader(FRAME_TYPE.windowUpdate, this.#takeFirstFlag(), this.id, this.#receiving.takeCredit())
  }

  finishWrite (): void {
    const done = this.#done
    this.#done = undefined
    done?.()
  }

  /** @throws {ProtocolViolation} */
  receiveWindow (deltaBytes: number): void {
    this.#sending.addWindow(deltaBytes)
    if (this.#sending.nextFrameBytes > 0) this.#deps.onReady(this)
  }

  /** The header of a data frame. @throws {ProtocolViolation} over the window, or after FIN */
  expectData (length: number): void {
    if (length > 0 && this.#finReceived) throw new ProtocolViolation(`Data after FIN on stream ${this.id}`)
    this.#receiving.expect(length)
  }

  receiveData (bytes: Buffer): void {
    if (!this.#closed) this.#owner?.onData(bytes)
  }

  /** @throws {ProtocolViolation} a second one */
  receiveFin (): void {
    if (this.#closed) return
    if (this.#finReceived) throw new ProtocolViolation(`Second FIN on stream ${this.id}`)
    this.#finReceived = true
    if (this.#fin === 'sent') this.#close(false)
    this.#owner?.onEnd()
  }

  /** Reset by the peer, or the session is over. */
  receiveReset (error: StreamError): void {
    if (this.#closed) return
    this.#close(false)
    this.#owner?.onReset(error)
  }

  #prepareFirstFrame (): void {
    if (this.#firstFlag !== 0) this.#owner?.onFirstTurn()
  }

  #takeFirstFlag (): number {
    const flag = this.#firstFlag
    this.#firstFlag = 0
    return flag
  }

  #sendData (writer: BatchWriter): Turn {
    const length = this.#sending.nextFrameBytes
    writer.writeHeader(FRAME_TYPE.data, this.#takeFirstFlag(), this.id, length)
    this.#sending.writePayload(writer, length)
    if (this.#sending.waitingBytes === 0) return 'written'
    return this.#sending.nextFrameBytes > 0 ? 'more' : 'idle'
  }

  // A frame of its own: hashicorp/yamux looks at a data frame's FIN before its payload (stream.go, readData), and a
  // reader of its that wakes in between takes the stream for ended and loses that payload.
  #sendFin (writer: BatchWriter): Turn {
    writer.writeHeader(FRAME_TYPE.windowUpdate, FLAG.FIN | this.#takeFirstFlag(), this.id, 0)
    this.#fin = 'sent'
    if (this.#finReceived) this.#close(false)
    return 'written'
  }

  #close (sendReset: boolean): void {
    this.#closed = true
    this.#sending.clear()
    this.#receiving.close()
    this.#deps.onClosed(this, sendReset)
  }
}
