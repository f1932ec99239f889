import {
  ACK, CONTINUATION, DATA, END_HEADERS, GOAWAY, HEADERS, PUSH_PROMISE, read31, SETTINGS
} from '../../http2/frame.ts'
import { DROP, FrameReader, PASS, WHOLE, type FrameSink, type Verdict } from '../../http2/frame-reader.ts'
import type { HeaderList } from '../../http2/header-list.ts'
import { encodeHeaders } from '../../http2/hpack-encoder.ts'
import {
  HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_HEADER_LIST_SIZE, readLowestSetting, readSetting, withoutHeaderTable
} from '../../http2/settings.ts'
import { headersFrames } from '../../http2/write-frames.ts'
import type { Wire } from '../wire.ts'
import { CallerSettings } from './caller-settings.ts'
import type { Way } from './data-flow.ts'
import { HeldFrames } from './held-frames.ts'
import { sendInTurn, type Sender } from './sender.ts'
import { SharedWindow } from './shared-window.ts'

/** A frame of the app that must be seen whole is never this long. */
const MAX_SEEN_BYTES = 64 * 1024

export type ResponseWayDeps = {
  /** The caller's INITIAL_WINDOW_SIZE, when it begins to count. */
  readonly onCallerWindow: (bytes: number) => void
  /** The app's INITIAL_WINDOW_SIZE: how much the caller may send on a new stream. */
  readonly onAppWindow: (bytes: number) => void
  /** The app will answer no stream above this. Returns the id that the caller is told instead. */
  readonly onGoaway: (lastStreamId: number) => number
  readonly onViolation: (reason: string) => Verdict
}

/**
 * All that goes to the caller: the app's frames as they came, but for its SETTINGS, and between them those of
 * developers. Nothing is put into the middle of a frame or a header block, nor before the app's first SETTINGS, which
 * must be the first frame that a caller gets (RFC 9113, 3.4).
 */
export class ResponseWay implements FrameSink, Way {
  readonly window = new SharedWindow()
  readonly callerSettings = new CallerSettings()
  readonly #held = new HeldFrames()
  readonly #reader = new FrameReader(this)
  readonly #caller: Wire
  readonly #deps: ResponseWayDeps
  /** Frames that wait for the end of the app's present one. */
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  /** Our frames that were written to a caller who had yet to take earlier bytes. */
  #unreadBytes = 0
  readonly #senders = new Set<Sender>()
  #settingsSeen = false
  #appMaxListBytes = Infinity
  #inBlock = false
  #isClosed = false

  constructor (caller: Wire, deps: ResponseWayDeps) {
    this.#caller = caller
    this.#deps = deps
  }

  /** Our frames that wait for the end of one of the app's, or for a caller who does not read. */
  get keptBytes (): number {
    return this.#waitingBytes + (this.#caller.needsDrain ? this.#unreadBytes : 0)
  }

  /** Frames of the app that wait for the caller's window. */
  get heldBytes (): number {
    return this.#held.bytes
  }

  /** The lowest MAX_HEADER_LIST_SIZE of the app so far: which of several it goes by, its acknowledgement decides. */
  get appMaxListBytes (): number {
    return this.#appMaxListBytes
  }

  get isStopped (): boolean {
    return this.#reader.isStopped
  }

  /** Whether what waits here keeps the app's frames from being passed as they are. */
  get isInOrder (): boolean {
    return this.#held.isEmpty && this.#waiting.length === 0
  }

  /** Bytes of the app. */
  push (bytes: Buffer, from: number, to: number): void {
    this.#reader.push(bytes, from, to)
    this.pump()
  }

  stop (): void {
    this.#reader.stop()
  }

  /** Nothing is sent any more. */
  close (): void {
    this.#isClosed = true
  }

  /** Sends frames that count against no window, as soon as the app's present frame is over. In order. */
  send (frames: Buffer): void {
    if (this.#isClosed || this.#reader.isStopped) return
    if (this.#isOpen && this.#waiting.length === 0) {
      this.#reader.flush()
      this.#unreadBytes = this.#caller.needsDrain ? this.#unreadBytes + frames.length : 0
      this.#caller.write(frames)
      return
    }
    this.#waiting.push(frames)
    this.#waitingBytes += frames.length
  }

  /** Fields as frames for the caller, to be sent at once. */
  writeHeaders (streamId: number, list: HeaderList, ends: boolean): Buffer {
    const block = encodeHeaders(list, this.callerSettings.takeTableUpdate())
    return headersFrames(streamId, block, 0, block.length, ends)
  }

  /** A stream has data: it is asked for it whenever there is room. */
  addSender (sender: Sender): void {
    this.#senders.add(sender)
  }

  removeSender (sender: Sender): void {
    this.#senders.delete(sender)
  }

  /** What a developer's stream may send now: 0 where the app has waited longer. */
  get roomBytes (): number {
    const mayGo = this.#isOpen && this.isInOrder && !this.#caller.needsDrain
    return mayGo ? Math.max(0, this.window.leftBytes) : 0
  }

  /** One frame of a developer's data. */
  sendData (frame: Buffer, windowBytes: number): void {
    this.window.spendForDeveloper(windowBytes)
    this.#reader.flush()
    this.#caller.write(frame)
  }

  /** Sends what waits and may go: first what keeps an order, then one frame of each stream in turn. */
  pump (): void {
    if (!this.#isOpen) return
    if (this.#waiting.length > 0) this.#sendWaiting()
    if (!this.#held.isEmpty) this.#sendHeld()
    if (this.#senders.size > 0) sendInTurn(this.#senders, () => this.roomBytes > 0)
  }

  onHead (type: number, flags: number, streamId: number, length: number): Verdict {
    if (!this.#settingsSeen && (type !== SETTINGS || (flags & ACK) !== 0)) return this.#deps.onViolation('not-http2')
    if (this.#senders.size > 0 || !this.isInOrder) this.pump()
    if (!this.#held.isEmpty && (type === DATA ? length > 0 || this.#held.has(streamId) : this.#held.has(streamId))) {
      return WHOLE
    }
    switch (type) {
      case DATA: return this.#onDataHead(length)
      case HEADERS:
      case PUSH_PROMISE:
      case CONTINUATION:
        this.#onBlockHead(flags)
        return PASS
      case SETTINGS:
        if ((flags & ACK) === 0) return length % 6 === 0 ? this.#whole(length) : this.#deps.onViolation('http2-malformed')
        this.#onAck()
        return PASS
      case GOAWAY: return this.#whole(length)
      default: return PASS
    }
  }

  onFrame (bytes: Buffer, at: number, end: number): Verdict {
    if (!this.#held.isEmpty && this.#held.has(read31(bytes, at + 5))) return this.#hold(bytes, at, end)
    switch (bytes[at + 3] as number) {
      case SETTINGS: return this.#onSettings(bytes, at)
      case GOAWAY: return this.#onGoaway(bytes, at, end)
      default: return this.#hold(bytes, at, end)
    }
  }

  onData (): void {}

  onPass (bytes: Buffer, from: number, to: number): void {
    if (!this.#isClosed) this.#caller.writeCopy(bytes, from, to)
  }

  get #isOpen (): boolean {
    return this.#settingsSeen && !this.#inBlock && this.#reader.isBetweenFrames && !this.#reader.isStopped &&
      !this.#isClosed
  }

  #whole (length: number): Verdict {
    return length <= MAX_SEEN_BYTES ? WHOLE : this.#deps.onViolation('http2-malformed')
  }

  // Only a debt can make an app send too much; one that does so without is the caller's matter.
  #onDataHead (length: number): Verdict {
    const { leftBytes, debtBytes } = this.window
    if (length > leftBytes && length <= leftBytes + debtBytes) return WHOLE
    this.window.spendForApp(length)
    return PASS
  }

  // From here on the app's own encoder has said what it must about its table, if it must.
  #onBlockHead (flags: number): void {
    this.#inBlock = (flags & END_HEADERS) === 0
    this.callerSettings.onAppBlock()
  }

  #onAck (): void {
    const windowBytes = this.callerSettings.onAck()
    if (windowBytes !== undefined) this.#deps.onCallerWindow(windowBytes)
  }

  #hold (bytes: Buffer, at: number, end: number): Verdict {
    this.#held.push(Buffer.from(bytes.subarray(at, end)))
    return DROP
  }

  #onSettings (bytes: Buffer, at: number): Verdict {
    const window = readSetting(bytes, at, INITIAL_WINDOW_SIZE)
    const maxListBytes = readLowestSetting(bytes, at, MAX_HEADER_LIST_SIZE) ?? Infinity
    this.#appMaxListBytes = Math.min(this.#appMaxListBytes, maxListBytes)
    this.#reader.flush()
    // With no table every block of the caller can be read alone, also on connections that are older than an intercept.
    if (readSetting(bytes, at, HEADER_TABLE_SIZE) === undefined && this.#settingsSeen) {
      if (window !== undefined) this.#deps.onAppWindow(window)
      return PASS
    }
    this.#caller.write(withoutHeaderTable(bytes, at))
    this.#settingsSeen = true
    if (window !== undefined) this.#deps.onAppWindow(window)
    return DROP
  }

  #onGoaway (bytes: Buffer, at: number, end: number): Verdict {
    if (end - at < 17) return PASS
    const last = read31(bytes, at + 9)
    const told = this.#deps.onGoaway(last)
    if (told === last) return PASS
    const frame = Buffer.from(bytes.subarray(at, end))
    frame.writeUInt32BE(told, 9)
    this.send(frame)
    return DROP
  }

  #sendWaiting (): void {
    this.#reader.flush()
    for (const frames of this.#waiting) this.#caller.write(frames)
    this.#waiting.length = 0
    this.#waitingBytes = 0
  }

  #sendHeld (): void {
    this.#reader.flush()
    for (let frame = this.#held.next(this.window); frame !== undefined; frame = this.#held.next(this.window)) {
      const type = frame[3]
      if (type === HEADERS || type === CONTINUATION || type === PUSH_PROMISE) this.#onBlockHead(frame[4] as number)
      this.#caller.write(frame)
    }
  }
}
