import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { secureApp, type TlsWish } from './secure.ts'

/** A connection to the app that is dialled again: what is written waits until TLS stands. */
export class TlsDial extends Duplex {
  readonly #dial: () => Socket
  readonly #wish: TlsWish
  #socket: Socket | undefined
  #secure: TLSSocket | undefined

  constructor (dial: () => Socket, wish: TlsWish) {
    super({ allowHalfOpen: true })
    this.#dial = dial
    this.#wish = wish
  }

  override _construct (callback: (error?: Error | null) => void): void {
    const socket = this.#dial()
    this.#socket = socket
    let isSettled = false
    const settle = (error?: Error): void => {
      if (isSettled) return
      isSettled = true
      callback(error)
    }
    const onClose = (): void => settle(new Error('The app closed before TLS stood'))
    socket.on('error', settle).once('close', onClose)
    socket.once('connect', () => {
      const secure = secureApp(socket, this.#wish)
      secure.on('error', settle).once('close', onClose)
      secure.once('secureConnect', () => {
        this.#join(secure)
        settle()
      })
    })
  }

  override _read (): void {
    this.#secure?.resume()
  }

  override _write (bytes: Buffer, _encoding: string, callback: () => void): void {
    if (this.#secure?.write(bytes) === false) this.#secure.once('drain', callback)
    else callback()
  }

  override _final (callback: () => void): void {
    this.#secure?.end(() => callback())
  }

  // Node waits with `_destroy` until a stream is made, and an app that never answers would not let it be.
  override destroy (error?: Error): this {
    if (this.#secure === undefined) this.#socket?.destroy()
    return super.destroy(error)
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    if (error === null) this.#secure?.destroy()
    else this.#secure?.resetAndDestroy()
    callback(error)
  }

  #join (secure: TLSSocket): void {
    this.#secure = secure
    secure.pause()
    secure.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) secure.pause()
    })
    secure.on('end', () => this.push(null))
    secure.on('error', error => this.destroy(error))
    secure.on('close', () => {
      if (!secure.readableEnded) this.destroy(new Error('The app closed without an end'))
    })
  }
}
