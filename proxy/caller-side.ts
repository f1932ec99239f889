import type { Socket } from 'node:net'
import { lingerAndClose } from './close.ts'
import { ListenerSet } from './listener-set.ts'
import { reset } from '../tunnel/splice.ts'

export type CallerSideDeps = {
  readonly onData: (bytes: Buffer) => void
  /** The caller will send nothing more; it may still wait for answers. */
  readonly onEnd: () => void
  readonly onDrain: () => void
  /** Closed or reset. */
  readonly onGone: () => void
}

/** The caller's socket while its bytes are looked at. Every way to give it up leaves it with somebody who listens. */
export class CallerSide {
  readonly #socket: Socket
  readonly #listeners = new ListenerSet()

  constructor (socket: Socket, deps: CallerSideDeps) {
    this.#socket = socket
    this.#listeners
      .on(socket, 'data', (bytes: Buffer) => deps.onData(bytes))
      .on(socket, 'end', () => deps.onEnd())
      .on(socket, 'drain', () => deps.onDrain())
      .on(socket, 'error', () => deps.onGone())
      .on(socket, 'close', () => deps.onGone())
  }

  /** Returns false when it must be waited for `onDrain`. */
  write (bytes: Buffer): boolean {
    return this.#socket.write(bytes)
  }

  setPaused (paused: boolean): void {
    if (paused) this.#socket.pause()
    else this.#socket.resume()
  }

  /** Ends the connection after everything that was written. */
  close (): void {
    lingerAndClose(this.release())
  }

  /** The caller sees a reset. */
  reset (): void {
    const socket = this.release()
    socket.on('error', () => {})
    reset(socket)
  }

  /** Hands the socket to somebody who copies bytes. */
  release (): Socket {
    this.#listeners.clear()
    return this.#socket
  }
}
