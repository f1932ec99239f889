import type WebSocket from 'ws'

/** Load balancers in front of API servers cut what is silent for 60 s, some for 30 s. */
const PULSE_MS = 10_000
/** Two, because a machine that slept, or a command that was stopped, finds a pulse due before it has read anything. */
const MAX_SILENT = 2
/** More may be held up by the pod: nobody reads a ping behind it, as long as a program stands at a breakpoint. */
const MAX_UNREAD_BYTES = 16 * 1024

/**
 * Asks the other end of a port-forward whether it is there. After a machine slept, or a network was changed, a
 * connection may be dead and nobody tells: the kernel goes on trying for a quarter of an hour.
 */
export class Pulse {
  readonly #socket: WebSocket
  #timer: NodeJS.Timeout | undefined
  #isHeard = true
  #silent = 0
  /** Of our bytes: written, and known to have been read when a ping behind them was answered. */
  #writtenBytes = 0
  #readBytes: number | undefined

  /**
   * @param socket one that is not open yet.
   * @param onDead called once, when nothing has answered for longer than two pulses, though something did before.
   */
  constructor (socket: WebSocket, onDead: () => void, pulseMs = PULSE_MS) {
    this.#socket = socket
    // Not before: one that is refused never tells that it is closed.
    socket.once('open', () => { this.#timer = setInterval(() => { this.#beat(onDead) }, pulseMs).unref() })
    socket.on('message', () => { this.#isHeard = true })
    socket.on('pong', (bytes: Buffer) => {
      this.#isHeard = true
      this.#readBytes = Number(String(bytes))
    })
    socket.on('close', () => { this.stop() })
  }

  onWritten (bytes: number): void {
    this.#writtenBytes += bytes
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  #beat (onDead: () => void): void {
    const socket = this.#socket
    // Either end holds back: no answer would be read, or no ping.
    const isHeldUp = socket.isPaused || socket.bufferedAmount > 0
    this.#silent = this.#isHeard || isHeldUp ? 0 : this.#silent + 1
    this.#isHeard = isHeldUp
    if (isHeldUp || socket.readyState !== socket.OPEN) return
    if (this.#silent < MAX_SILENT || !this.#isAllRead()) {
      socket.ping(String(this.#writtenBytes))
      return
    }
    this.stop()
    onDead()
  }

  #isAllRead (): boolean {
    return this.#readBytes !== undefined && this.#writtenBytes - this.#readBytes <= MAX_UNREAD_BYTES
  }
}
