import {
  ACK, CONTINUATION, DATA, DEFAULT_FRAME_BYTES, DEFAULT_WINDOW_BYTES, END_STREAM, FRAME_HEAD_BYTES, frameLength, GOAWAY,
  HEADERS, PING, read31, read32, REFUSED_STREAM, RST_STREAM, SETTINGS, WINDOW_UPDATE
} from '../../http2/frame.ts'
import { DROP, FrameReader, STOP, TAKE, WHOLE, type FrameSink, type Verdict } from '../../http2/frame-reader.ts'
import { HeaderBlock } from '../../http2/header-block.ts'
import { HeaderList } from '../../http2/header-list.ts'
import { HpackDecoder } from '../../http2/hpack-decoder.ts'
import { INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS, readSetting } from '../../http2/settings.ts'
import { pingAck, rstStream, SETTINGS_ACK, windowUpdate } from '../../http2/write-frames.ts'
import type { AnswerCode } from '../own-answer.ts'
import type { Route } from '../routes.ts'
import type { DivertedStream, StreamPeer } from './diverted-stream.ts'
import { CONNECTION_WINDOW_BYTES, PeerLink, type PeerHead } from './peer-link.ts'
import { PeerStreams } from './peer-streams.ts'
import { sendInTurn, type Sender } from './sender.ts'

/** What may wait for a developer who reads nothing. Beyond it no new stream is begun. */
const MAX_WAITING_BYTES = 1024 * 1024

/**
 * A developer's program, for one caller's connection: we are its HTTP/2 client, in one stream of the session. Streams
 * keep the ids that they have at the caller, so they are opened in order, as they must be.
 */
export class DeveloperPeer implements FrameSink, StreamPeer {
  readonly route: Route
  readonly #link: PeerLink
  readonly #reader = new FrameReader(this)
  readonly #block = new HeaderBlock()
  readonly #decoder = new HpackDecoder()
  readonly #fields = new HeaderList()
  readonly #streams: PeerStreams
  readonly #senders = new Set<Sender>()
  #windowBytes = DEFAULT_WINDOW_BYTES
  #streamWindowBytes = DEFAULT_WINDOW_BYTES
  /** What we allowed the program to send, and what of it is used up and not yet allowed again. */
  #grantedBytes = CONNECTION_WINDOW_BYTES
  #dueBytes = 0
  #settingsSeen = false
  #isLeaving = false
  #failed = false
  /** The DATA frame that is being read. */
  #taking: DivertedStream | undefined
  #takingEnds = false
  #takingLeft = 0

  /** @throws when the developer's session is gone. */
  constructor (route: Route, head: PeerHead) {
    this.route = route
    this.#link = new PeerLink(route, head, {
      onData: bytes => this.#onBytes(bytes),
      onEnd: () => this.#onEnd(),
      onFailure: (code, message) => this.#fail(code, message),
      onDrain: () => this.pump()
    })
    this.#streams = new PeerStreams(frames => this.#link.write(frames))
  }

  /** Whether a new stream can be begun here. */
  get isUsable (): boolean {
    return !this.#failed && !this.#isLeaving && !this.isBlocked
  }

  /** Whether the developer's side reads nothing, so that nothing new is begun. */
  get isBlocked (): boolean {
    return !this.#failed && !this.#isLeaving && this.#link.waitingBytes >= MAX_WAITING_BYTES
  }

  get isIdle (): boolean {
    return this.#streams.isEmpty
  }

  /** @param block `bytes[from..to)`, self-contained. */
  open (stream: DivertedStream, bytes: Buffer, from: number, to: number, ends: boolean): void {
    this.#streams.add(stream, bytes, from, to, ends, this.#streamWindowBytes)
  }

  get roomBytes (): number {
    return this.#failed || this.#link.needsDrain ? 0 : Math.max(0, this.#windowBytes)
  }

  sendData (frame: Buffer, windowBytes: number): void {
    this.#windowBytes -= windowBytes
    this.#link.write(frame)
  }

  send (frames: Buffer): void {
    if (!this.#failed) this.#link.write(frames)
  }

  addSender (sender: Sender): void {
    this.#senders.add(sender)
  }

  removeSender (sender: Sender): void {
    this.#senders.delete(sender)
  }

  pump (): void {
    if (this.#senders.size > 0) sendInTurn(this.#senders, () => this.roomBytes > 0)
  }

  /** Bytes of the program were handed on, or are nobody's. */
  grant (bytes: number): void {
    this.#dueBytes += bytes
    if (this.#failed || this.#dueBytes * 2 < CONNECTION_WINDOW_BYTES) return
    this.send(windowUpdate(0, this.#dueBytes))
    this.#grantedBytes += this.#dueBytes
    this.#dueBytes = 0
  }

  resetStream (streamId: number, code: number): void {
    if (this.#streams.isOpen(streamId)) this.send(rstStream(streamId, code))
  }

  /** The stream is over. */
  forget (stream: DivertedStream): void {
    this.#streams.remove(stream.id, this.#streamWindowBytes)
    if (this.#isLeaving && this.#streams.isEmpty) this.close()
  }

  setPaused (paused: boolean): void {
    this.#link.setPaused(paused)
  }

  /** No new streams; the connection ends with the last one. */
  leave (): void {
    this.#isLeaving = true
    if (this.#streams.isEmpty) this.close()
  }

  close (): void {
    this.#failed = true
    this.#link.retire()
  }

  abort (): void {
    this.#failed = true
    this.#link.abort()
  }

  onHead (type: number, flags: number, streamId: number, length: number): Verdict {
    if (!this.#settingsSeen && (type !== SETTINGS || (flags & ACK) !== 0)) return this.#violate('speaks no HTTP/2')
    if (length > DEFAULT_FRAME_BYTES) return this.#violate('sent a frame that is too long')
    if (this.#block.isOpen && type !== CONTINUATION) return this.#violate('interrupted a header block')
    if (type === DATA) return this.#onDataHead(flags, streamId, length)
    return type <= CONTINUATION ? WHOLE : DROP
  }

  onData (bytes: Buffer, from: number, to: number, isLast: boolean): void {
    const stream = this.#taking
    if (stream === undefined) return
    this.#takingLeft -= to - from
    stream.download.push(bytes, from, to, isLast && this.#takingEnds)
    if (isLast && this.#takingLeft > 0) stream.onDownloadPadding(this.#takingLeft)
  }

  onPass (): void {}

  onFrame (bytes: Buffer, at: number, end: number): Verdict {
    const streamId = read31(bytes, at + 5)
    const length = frameLength(bytes, at)
    const payload = at + FRAME_HEAD_BYTES
    switch (bytes[at + 3]) {
      case HEADERS:
      case CONTINUATION: return this.#onBlockFrame(bytes, at, end)
      case RST_STREAM:
        if (length !== 4) return this.#violate('sent a malformed frame')
        this.#streams.get(streamId)?.onProgramReset(read32(bytes, payload))
        return DROP
      case SETTINGS: return this.#onSettings(bytes, at, length)
      case PING:
        if (((bytes[at + 4] as number) & ACK) === 0 && length === 8) this.send(pingAck(bytes, payload))
        return DROP
      case GOAWAY: return length < 8 ? this.#violate('sent a malformed frame') : this.#onGoaway(read31(bytes, payload))
      case WINDOW_UPDATE:
        if (length !== 4) return this.#violate('sent a malformed frame')
        if (streamId === 0) this.#windowBytes += read31(bytes, payload)
        else this.#streams.get(streamId)?.upload.grant(read31(bytes, payload))
        return DROP
      case undefined: return DROP
      // We told it to push nothing; priorities are its own matter.
      default: return bytes[at + 3] === 5 ? this.#violate('pushed a response') : DROP
    }
  }

  #onBytes (bytes: Buffer): void {
    this.#reader.push(bytes, 0, bytes.length)
    this.pump()
    if (this.#link.waitingBytes > 2 * MAX_WAITING_BYTES) {
      this.#fail('WAYLAY_DEVELOPER_BAD_RESPONSE', 'The program does not read what it asks for')
    }
  }

  #onDataHead (flags: number, streamId: number, length: number): Verdict {
    this.#grantedBytes -= length
    const stream = this.#streams.get(streamId)
    if (this.#grantedBytes < 0) return this.#violate('sent more than it may')
    if (stream === undefined) {
      this.grant(length)
      return DROP
    }
    if (!stream.onDownloadHead(length)) return this.#violate('sent more than it may, or a body without a head')
    this.#taking = stream
    this.#takingEnds = (flags & END_STREAM) !== 0
    this.#takingLeft = length
    return TAKE
  }

  #onBlockFrame (bytes: Buffer, at: number, end: number): Verdict {
    const step = this.#block.push(bytes, at, end)
    if (step === 'more') return DROP
    if (step !== 'complete') return this.#violate('sent a malformed header block')
    const { streamId, flags } = this.#block
    if (this.#decoder.decode(this.#block.bytes, this.#block.from, this.#block.to, this.#fields) !== 'ok') {
      return this.#violate('sent fields that cannot be read, or too many')
    }
    const stream = this.#streams.get(streamId)
    if (stream?.onResponse(this.#fields, (flags & END_STREAM) !== 0) === false) {
      this.resetStream(streamId, 1)
      stream.fail('WAYLAY_DEVELOPER_BAD_RESPONSE', 'The program sent fields that are no response')
    }
    return DROP
  }

  #onSettings (bytes: Buffer, at: number, length: number): Verdict {
    this.#settingsSeen = true
    if (((bytes[at + 4] as number) & ACK) !== 0) return DROP
    if (length % 6 !== 0) return this.#violate('sent a malformed frame')
    const windowBytes = readSetting(bytes, at, INITIAL_WINDOW_SIZE)
    if (windowBytes !== undefined) {
      this.#streams.grantAll(windowBytes - this.#streamWindowBytes)
      this.#streamWindowBytes = windowBytes
    }
    this.send(SETTINGS_ACK)
    this.#streams.setLimit(readSetting(bytes, at, MAX_CONCURRENT_STREAMS), this.#streamWindowBytes)
    return DROP
  }

  // Those above `last` were not looked at: the caller may send them again, and many libraries do by themselves.
  #onGoaway (last: number): Verdict {
    this.#isLeaving = true
    for (const stream of this.#streams.all()) {
      if (stream.id > last || !this.#streams.isOpen(stream.id)) stream.reset(REFUSED_STREAM)
    }
    if (this.#streams.isEmpty) this.close()
    return DROP
  }

  #onEnd (): void {
    this.#fail('WAYLAY_DEVELOPER_BAD_RESPONSE', 'The program closed its connection before its response was complete')
  }

  #violate (what: string): Verdict {
    this.#fail('WAYLAY_DEVELOPER_BAD_RESPONSE', `The program ${what}`)
    return STOP
  }

  #fail (code: AnswerCode, message: string): void {
    if (this.#failed) return
    this.#failed = true
    this.#link.abort()
    for (const stream of this.#streams.all()) stream.fail(code, message)
  }
}
