import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pause, type Clock } from './clock.ts'
import type { FuzzCase } from './fuzz-case.ts'

/** The caller of one case: sends by plan, keeps what it receives. */
export class ScriptedCaller {
  readonly #case: FuzzCase
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #received: Buffer[] = []
  readonly over: Promise<void>
  ending: 'fin' | 'reset' = 'reset'
  isOver = false
  sentBytes = 0
  #sinceSlow = 0

  constructor (fuzzCase: FuzzCase, clock: Clock, port: number) {
    this.#case = fuzzCase
    this.#clock = clock
    this.#socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    this.#socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    this.#socket.on('end', () => {
      this.ending = 'fin'
      clock.tick()
    })
    this.#socket.on('error', () => {
      this.ending = 'reset'
    })
    this.over = new Promise(resolve => this.#socket.on('close', () => {
      this.isOver = true
      clock.tick()
      resolve()
    }))
  }

  get received (): Buffer {
    return Buffer.concat(this.#received)
  }

  get state (): string {
    const { closed, readableEnded, writableFinished } = this.#socket
    return `sent ${this.sentBytes} of ${this.#case.stream.length}, received ${this.received.length}, ${JSON.stringify({ closed, readableEnded, writableFinished })}`
  }

  /** @param onSilent called before a late end, when nothing happens any more. */
  async send (onSilent: () => Promise<void>): Promise<void> {
    const { stream, writes, pauses, ending } = this.#case
    let at = 0
    for (let index = 0; at < stream.length && !this.isOver; index++) {
      const ms = pauses[index]
      if (ms !== undefined) await pause(ms)
      const size = writes[index] ?? stream.length - at
      const piece = stream.subarray(at, at + size)
      at += size
      this.#clock.tick()
      this.sentBytes += piece.length
      if (!this.#socket.write(piece)) await this.#drained()
      // So that it is a read of its own at the proxy.
      else if (index < writes.length) await new Promise(resolve => setImmediate(resolve))
    }
    if (ending === 'fin-late' || ending === 'reset-late') await this.#clock.quiet(() => this.isOver)
    await onSilent()
    if (this.isOver) return
    if (ending === 'reset' || ending === 'reset-late') this.#socket.resetAndDestroy()
    else this.#socket.end()
  }

  giveUp (): void {
    this.#socket.destroy()
  }

  #receive (bytes: Buffer): void {
    this.#received.push(bytes)
    this.#clock.tick()
    const { slowReading } = this.#case
    this.#sinceSlow += bytes.length
    if (slowReading === undefined || this.#sinceSlow < slowReading.everyBytes) return
    this.#sinceSlow = 0
    this.#socket.pause()
    this.#clock.begin()
    void pause(slowReading.pauseMs).then(() => {
      this.#socket.resume()
      this.#clock.done()
    })
  }

  async #drained (): Promise<void> {
    const over = new AbortController()
    const { signal } = over
    await Promise.race([once(this.#socket, 'drain', { signal }), this.over]).catch(() => {})
    over.abort()
  }
}
