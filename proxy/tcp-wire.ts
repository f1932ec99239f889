import type { Socket } from 'node:net'
import { lingerAndClose } from './close.ts'
import { readInto } from './read-into.ts'
import { Scratch } from './scratch.ts'
import { Stalled, type Stallable } from './stalled.ts'
import { NOBODY, type Wire, type WireListener } from './wire.ts'
import { canWriteNow, TAKEN, WAITING, writeNow, type WriteError } from './write-now.ts'
import { reset } from '../tunnel/splice.ts'

/** As much as is read at once. */
const BUFFER_BYTES = 64 * 1024

/** Every socket reads into this one, so that ten thousand idle ones cost none; but for those with a large body. */
const SHARED = Buffer.allocUnsafeSlow(BUFFER_BYTES)
const STALLED = new Stalled()
const NOTHING = Buffer.alloc(0)

/** Where bytes are copied that the kernel will most likely take at once. */
const SCRATCH = new Scratch(BUFFER_BYTES)

/** Writes fail with these after a reset; the kernel lets what came before it be read, and then says that it is over. */
const PEER_GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET'])

/** Own buffers that nobody uses now. */
const FREE: Buffer[] = []
const MAX_FREE = 16

/** The own buffer whose bytes are being handed out now, and whether a write kept it. */
let handedOut: Buffer | undefined
let isKept = false

/** A TCP connection as a wire. */
export class TcpWire implements Wire, Stallable {
  readonly #socket: Socket
  #listener: WireListener = NOBODY
  /** Since a read filled the whole buffer: its bytes are written without a copy. */
  #own: Buffer | undefined
  #paused = false
  /** Whether the kernel has yet to take what was written last. */
  #isWriting = false
  /** Why nothing can be written any more, while what the peer said before is still being read. */
  #failure: WriteError | undefined
  #ended = false
  #isOver = false

  /** @param socket one that has not begun to read: accepted with `pauseOnConnect`, or not yet connected. */
  constructor (socket: Socket) {
    this.#socket = socket
    readInto(socket, () => this.#nextBuffer(), (length, buffer) => this.#onRead(length, buffer))
    socket.on('end', () => this.#onEnd())
    socket.on('drain', () => this.#onDrain())
    socket.on('error', () => this.#onGone(true))
    socket.on('close', () => this.#onGone(!this.#ended || !socket.writableFinished))
    socket.resume()
  }

  listen (listener: WireListener): void {
    this.#listener = listener
  }

  write (bytes: Buffer): boolean {
    if (this.#failure !== undefined) return false
    if (this.#isWriting || !canWriteNow(this.#socket)) return this.#socket.write(bytes)
    return this.#writeNow(bytes) === TAKEN
  }

  writeCopy (bytes: Buffer, from: number, to: number): boolean {
    if (this.#failure !== undefined) return false
    if (this.#isWriting || to - from > BUFFER_BYTES || !canWriteNow(this.#socket)) {
      return this.#socket.write(Buffer.from(bytes.subarray(from, to)))
    }
    if (bytes === handedOut) {
      const result = this.#writeNow(bytes.subarray(from, to))
      // Not all of it is with the kernel yet, so the buffer must not be read into again.
      if (result === WAITING) isKept = true
      return result === TAKEN
    }
    const result = this.#writeNow(SCRATCH.copy(bytes, from, to))
    if (result === WAITING) SCRATCH.giveAway()
    return result === TAKEN
  }

  get needsDrain (): boolean {
    return this.#isWriting || this.#failure !== undefined || this.#socket.writableNeedDrain
  }

  get ended (): boolean {
    return this.#ended
  }

  get destroyed (): boolean {
    return this.#socket.destroyed
  }

  setPaused (paused: boolean): void {
    if (paused === this.#paused || this.#isOver) return
    this.#paused = paused
    if (paused) {
      STALLED.add(this)
      this.#socket.pause()
      return
    }
    STALLED.delete(this)
    this.#socket.resume()
  }

  end (): void {
    this.#socket.end()
  }

  close (): void {
    this.#giveUp()
    lingerAndClose(this.#socket)
  }

  reset (): void {
    this.#giveUp()
    reset(this.#socket)
  }

  /** Writing nothing sends nothing, but fails where the peer has reset (Linux, net/ipv4/tcp.c: tcp_sendmsg_locked). */
  checkPeer (): void {
    if (this.#failure !== undefined) this.#socket.destroy(this.#failure)
    // After our FIN every write fails, whatever the peer does.
    if (this.#isWriting || this.#socket.writableEnded || !canWriteNow(this.#socket)) return
    this.#writeNow(NOTHING)
  }

  #giveUp (): void {
    this.#listener = NOBODY
    this.#isOver = true
    this.#paused = false
    STALLED.delete(this)
  }

  #onRead (length: number, buffer: Buffer): boolean {
    if (buffer === this.#own) this.#handOut(buffer, length)
    else this.#listener.onBytes(buffer, 0, length)
    // More is waiting: a large body. Anything less gives the buffer back, so that no idle connection has one.
    if (length === BUFFER_BYTES) this.#own ??= FREE.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    else if (this.#own !== undefined) this.#freeOwn()
    return !this.#paused
  }

  #writeNow (bytes: Buffer): number {
    const result = writeNow(this.#socket, bytes, error => this.#onWritten(error))
    if (result === WAITING) this.#isWriting = true
    return result
  }

  #onWritten (error: WriteError | undefined): void {
    this.#isWriting = false
    if (error === undefined) {
      if (!this.#socket.writableNeedDrain) this.#onDrain()
    // Its last words may be unread: an app that refuses an upload answers, and closes before it has read all of it.
    } else if (PEER_GONE.has(error.code) && !this.#paused && !this.#ended) this.#failure = error
    else this.#socket.destroy(error)
  }

  #onDrain (): void {
    if (!this.#isWriting && this.#failure === undefined) this.#listener.onDrain()
  }

  #handOut (buffer: Buffer, length: number): void {
    handedOut = buffer
    isKept = false
    this.#listener.onBytes(buffer, 0, length)
    handedOut = undefined
    if (isKept) this.#own = undefined
  }

  #freeOwn (): void {
    if (this.#own !== undefined && FREE.length < MAX_FREE) FREE.push(this.#own)
    this.#own = undefined
  }

  #nextBuffer (): Buffer {
    return this.#own ?? SHARED
  }

  #onEnd (): void {
    if (this.#failure !== undefined) {
      this.#socket.destroy(this.#failure)
      return
    }
    this.#ended = true
    this.#listener.onEnd()
  }

  #onGone (failed: boolean): void {
    const listener = this.#listener
    this.#giveUp()
    listener.onGone(failed)
  }
}
