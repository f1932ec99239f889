import { Channel, type ChannelDeps } from './channel.ts'
import { ChannelTable } from './channel-table.ts'
import { INITIAL_WINDOW_BYTES, MAX_FRAME_PAYLOAD_BYTES, MAX_OPEN_STREAMS, MAX_STREAM_ID } from './constants.ts'
import { ControlQueue } from './control-queue.ts'
import { FrameDecoder } from './decode.ts'
import type { BatchWriter } from './encode.ts'
import { GO_AWAY, ProtocolViolation, StreamError, type GoAwayCode } from './errors.ts'
import { Fifo } from './fifo.ts'
import { FLAG, FRAME_HEADER_BYTES, FRAME_TYPE, type FrameHeader } from './frame.ts'
import type { WindowBudget } from './window-budget.ts'

export type MuxerOptions = {
  /** The client's streams have odd ids, the server's even ones. */
  readonly role: 'client' | 'server'
  /** The peer opened a stream. Its first bytes follow after this returns. */
  readonly onChannel: (channel: Channel) => void
  /** Something waits to be pulled. Called often; may be cheap only. */
  readonly onPending: () => void
  readonly onGoAway: (code: number) => void
  /** Unread bytes we allow on each stream, at least 262144 (fixed by the specification). */
  readonly windowBytes?: number
  /** Lets windows grow; without it they stay as they are. */
  readonly budget?: WindowBudget
  /** Streams the peer may have open at once. */
  readonly maxStreams?: number
  /** Where our ids begin, for tests of their end. */
  readonly firstId?: number
}

/** The yamux protocol: bytes in by `push`, frames out by `pull`. Knows no carrier, no timer and no Node stream. */
export class Muxer {
  readonly #options: MuxerOptions
  readonly #windowBytes: number
  readonly #channels = new ChannelTable()
  readonly #ready = new Fifo<Channel>()
  readonly #control = new ControlQueue()
  readonly #decoder: FrameDecoder
  readonly #deps: ChannelDeps
  #nextId: number
  #highestPeerId = 0
  #peerStreams = 0
  #header: FrameHeader | undefined
  /** Where the payload that arrives goes; undefined discards it. */
  #receiver: Channel | undefined
  #goAway: GoAwayCode | undefined
  #isGoAwaySent = false

  constructor (options: MuxerOptions) {
    this.#options = options
    this.#windowBytes = options.windowBytes ?? INITIAL_WINDOW_BYTES
    if (this.#windowBytes < INITIAL_WINDOW_BYTES) {
      throw new RangeError(`windowBytes is ${this.#windowBytes}, at least ${INITIAL_WINDOW_BYTES} is needed`)
    }
    this.#nextId = options.firstId ?? (options.role === 'client' ? 1 : 2)
    this.#decoder = new FrameDecoder({
      onHeader: header => { this.#receiveHeader(header) },
      onPayload: bytes => { this.#receiver?.receiveData(bytes) },
      onEnd: () => { this.#receiveEnd() }
    })
    this.#deps = {
      onReady: channel => { this.#queueTurn(channel) },
      onCredit: channel => { this.#queueCredit(channel) },
      onClosed: (channel, sendReset) => { this.#forget(channel, sendReset) }
    }
  }

  get streamCount (): number {
    return this.#channels.size
  }

  get areIdsExhausted (): boolean {
    return this.#nextId > MAX_STREAM_ID
  }

  /**
   * Opens a stream. Its SYN goes with its first data, or alone at the next pull if none was written by then.
   *
   * @throws {RangeError} `areIdsExhausted`
   */
  open (): Channel {
    if (this.areIdsExhausted) throw new RangeError('No stream ids left in this session')
    const channel = this.#addChannel(this.#nextId, 'us')
    this.#nextId += 2
    return channel
  }

  /** Bytes of the peer. @throws {ProtocolViolation} and is of no use afterwards but for `goAway` and `pull` */
  push (bytes: Buffer): void {
    this.#decoder.push(bytes)
  }

  /**
   * Adds waiting frames to the batch until it holds `maxBytes` or nothing is left: answers and window updates first,
   * then one data frame of each stream in turn.
   */
  pull (writer: BatchWriter, maxBytes: number): void {
    const limitBytes = maxBytes - FRAME_HEADER_BYTES - MAX_FRAME_PAYLOAD_BYTES
    // What the peer broke is not worth another byte.
    const isBroken = this.#goAway !== undefined && this.#goAway !== GO_AWAY.normal
    if (!isBroken) {
      this.#control.pull(writer, limitBytes)
      this.#pullTurns(writer, limitBytes)
    }
    if (this.#goAway === undefined || this.#isGoAwaySent) return
    if (!isBroken && (this.#ready.length > 0 || writer.byteLength > limitBytes)) return
    writer.writeHeader(FRAME_TYPE.goAway, 0, 0, this.#goAway)
    this.#isGoAwaySent = true
  }

  /**
   * No new streams from here on, and new ones of the peer are reset. A normal one goes after all waiting data, and open
   * streams go on; any other goes at once and is our last frame.
   */
  goAway (code: GoAwayCode): void {
    if (this.#goAway === code) return
    this.#goAway = code
    this.#isGoAwaySent = false
    this.#options.onPending()
  }

  get isGoAwaySent (): boolean {
    return this.#isGoAwaySent
  }

  /** The session is over: every stream ends with `ECONNABORTED` and this cause. */
  abort (cause: Error | undefined): void {
    const message = `Session ended${cause === undefined ? '' : `: ${cause.message}`}`
    for (const channel of this.#channels.all()) {
      channel.receiveReset(new StreamError('ECONNABORTED', message, cause === undefined ? {} : { cause }))
    }
  }

  #pullTurns (writer: BatchWriter, limitBytes: number): void {
    const written: Channel[] = []
    while (writer.byteLength <= limitBytes) {
      const channel = this.#ready.shift()
      if (channel === undefined) {
        if (written.length === 0) return
        // Owners write more from these callbacks, which may fill this same batch.
        for (const each of written.splice(0)) each.finishWrite()
        continue
      }
      channel.queuedForTurn = false
      const turn = channel.takeTurn(writer)
      if (turn === 'more') this.#queueTurn(channel)
      else if (turn === 'written') written.push(channel)
    }
    for (const each of written) each.finishWrite()
  }

  #receiveHeader (header: FrameHeader): void {
    this.#header = header
    this.#receiver = undefined
    switch (header.type) {
      case FRAME_TYPE.data:
      case FRAME_TYPE.windowUpdate: return this.#receiveStreamFrame(header)
      case FRAME_TYPE.ping: return this.#receivePing(header)
      case FRAME_TYPE.goAway:
        if (header.streamId !== 0) throw new ProtocolViolation(`GoAway on stream ${header.streamId}`)
        this.#options.onGoAway(header.length)
    }
  }

  #receiveStreamFrame (header: FrameHeader): void {
    if (header.flags & FLAG.SYN) this.#receiveSyn(header.streamId)
    const channel = this.#channels.get(header.streamId)
    // Frames that crossed with our RST or our last FIN: the specification says to drop them.
    if (channel === undefined) return this.#checkWasOpened(header.streamId)
    if (header.flags & FLAG.RST) {
      return channel.receiveReset(new StreamError('ECONNRESET', `Stream ${channel.id} was reset by the other side`))
    }
    if (header.type === FRAME_TYPE.windowUpdate) return channel.receiveWindow(header.length)
    channel.expectData(header.length)
    this.#receiver = channel
  }

  /** FIN counts after the payload of the frame that carries it. */
  #receiveEnd (): void {
    const header = this.#header
    if (header === undefined || header.type > FRAME_TYPE.windowUpdate) return
    if (header.flags & FLAG.FIN) this.#channels.get(header.streamId)?.receiveFin()
    this.#receiver = undefined
  }

  #receiveSyn (id: number): void {
    const peerParity = this.#options.role === 'client' ? 0 : 1
    if (id === 0 || id % 2 !== peerParity) throw new ProtocolViolation(`SYN with id ${id}, which is not the peer's`)
    if (this.#channels.get(id) !== undefined) throw new ProtocolViolation(`Second SYN on open stream ${id}`)
    this.#highestPeerId = Math.max(this.#highestPeerId, id)
    const maxStreams = this.#options.maxStreams ?? MAX_OPEN_STREAMS
    if (this.#goAway !== undefined || this.#peerStreams >= maxStreams) {
      this.#control.addReset(id)
      return this.#options.onPending()
    }
    this.#peerStreams++
    this.#options.onChannel(this.#addChannel(id, 'peer'))
  }

  /** A stream we know nothing of must at least have been opened once. */
  #checkWasOpened (id: number): void {
    const isOurs = id % 2 === this.#nextId % 2
    if (id === 0 || (isOurs ? id >= this.#nextId : id > this.#highestPeerId)) {
      throw new ProtocolViolation(`Frame for stream ${id}, which was never opened`)
    }
  }

  #receivePing (header: FrameHeader): void {
    if (header.streamId !== 0) throw new ProtocolViolation(`Ping on stream ${header.streamId}`)
    if ((header.flags & FLAG.SYN) === 0) return
    this.#control.addPong(header.length)
    this.#options.onPending()
  }

  #addChannel (id: number, opener: 'us' | 'peer'): Channel {
    const channel = new Channel(id, opener, this.#windowBytes, this.#deps, this.#options.budget)
    this.#channels.add(channel)
    this.#queueTurn(channel)
    if (this.#windowBytes > INITIAL_WINDOW_BYTES) this.#queueCredit(channel)
    return channel
  }

  #queueTurn (channel: Channel): void {
    if (channel.queuedForTurn) return
    channel.queuedForTurn = true
    this.#ready.push(channel)
    this.#options.onPending()
  }

  #queueCredit (channel: Channel): void {
    if (channel.queuedForCredit) return
    channel.queuedForCredit = true
    this.#control.addCredit(channel)
    this.#options.onPending()
  }

  #forget (channel: Channel, sendReset: boolean): void {
    this.#channels.delete(channel.id)
    if (channel.id % 2 !== this.#nextId % 2) this.#peerStreams--
    if (this.#receiver === channel) this.#receiver = undefined
    if (!sendReset) return
    this.#control.addReset(channel.id)
    this.#options.onPending()
  }
}
