import type { Socket } from 'node:net'
import { lingerAndClose } from './close.ts'
import { ListenerSet } from './listener-set.ts'
import { reset } from '../tunnel/splice.ts'

export type AppSideDeps = {
  readonly dial: () => Socket
  readonly onData: (bytes: Buffer) => void
  readonly onEnd: () => void
  /** Refused, reset or gone. */
  readonly onError: () => void
  readonly onDrain: () => void
}

/** The one connection to the app that belongs to a caller's connection; dialled anew when it was given back. */
export class AppSide {
  readonly #deps: AppSideDeps
  #socket: Socket | undefined
  #listeners = new ListenerSet()

  constructor (deps: AppSideDeps) {
    this.#deps = deps
  }

  get connected (): boolean {
    return this.#socket !== undefined
  }

  get needsDrain (): boolean {
    return this.#socket?.writableNeedDrain === true
  }

  /** Dials, if there is no connection. */
  open (): Socket {
    if (this.#socket !== undefined) return this.#socket
    const socket = this.#deps.dial()
    this.#socket = socket
    this.#listeners
      .on(socket, 'data', (bytes: Buffer) => this.#deps.onData(bytes))
      .on(socket, 'end', () => this.#deps.onEnd())
      .on(socket, 'drain', () => this.#deps.onDrain())
      .on(socket, 'error', () => {
        this.#forget()
        this.#deps.onError()
      })
    return socket
  }

  write (bytes: Buffer): void {
    if (bytes.length > 0) this.open().write(bytes)
  }

  /** The caller ended its side. */
  end (): void {
    this.#socket?.end()
  }

  pause (): void {
    this.#socket?.pause()
  }

  resume (): void {
    this.#socket?.resume()
  }

  /** Gives the connection back: FIN at once. */
  leave (): void {
    const socket = this.#forget()
    if (socket !== undefined) lingerAndClose(socket)
  }

  /** The caller is gone without a farewell. */
  reset (): void {
    const socket = this.#forget()
    socket?.on('error', () => {})
    if (socket !== undefined) reset(socket)
  }

  /** Hands the connection, dialled if need be, to somebody who copies bytes. */
  release (): Socket {
    const socket = this.open()
    this.#forget()
    return socket
  }

  #forget (): Socket | undefined {
    const socket = this.#socket
    this.#socket = undefined
    this.#listeners.clear()
    return socket
  }
}
