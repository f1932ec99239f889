import type { Duplex } from 'node:stream'

/** Whoever speaks to the app on a connection at the moment. */
export type AppUser = {
  onData (bytes: Buffer): void
  onDrain (): void
  /** Nothing comes any more. @param error undefined when the app ended it. */
  onEnd (error: Error | undefined): void
}

/** One connection to the app, used by one turn after the other. */
export class AppConnection {
  readonly pod: string
  /** Since when no turn uses it. */
  freeSinceMs = 0
  #user: AppUser | undefined
  #isOver = false
  #failure: Error | undefined
  readonly #stream: Duplex
  readonly #onOver: (connection: AppConnection) => void

  constructor (stream: Duplex, pod: string, onOver: (connection: AppConnection) => void) {
    this.#stream = stream
    this.pod = pod
    this.#onOver = onOver
    stream.on('data', (bytes: Buffer) => {
      // What nobody asked for belongs to no turn.
      if (this.#user === undefined) this.destroy()
      else this.#user.onData(bytes)
    })
    stream.on('drain', () => { this.#user?.onDrain() })
    stream.on('end', () => { this.#end(undefined) })
    stream.on('error', error => { this.#end(error) })
    stream.on('close', () => { this.#end(undefined) })
    // What befell it before anybody listened is not told again.
    if (stream.destroyed) this.#end(stream.errored ?? undefined)
  }

  /** Why it is over, where that is no end that the app made. */
  get failure (): Error | undefined {
    return this.#failure
  }

  get isOver (): boolean {
    return this.#isOver
  }

  use (user: AppUser | undefined): void {
    this.#user = user
  }

  /** False: wait for `onDrain`. */
  write (bytes: Buffer): boolean {
    return this.#stream.write(bytes)
  }

  pause (): void {
    this.#stream.pause()
  }

  resume (): void {
    this.#stream.resume()
  }

  /** Gives the stream away, paused: what it carries from here on are no turns. */
  release (): Duplex {
    this.#user = undefined
    this.#isOver = true
    this.#stream.pause().removeAllListeners('data').removeAllListeners('drain').removeAllListeners('end')
      .removeAllListeners('close').removeAllListeners('error')
    this.#onOver(this)
    return this.#stream
  }

  destroy (): void {
    this.#user = undefined
    this.#stream.destroy()
    this.#end(undefined)
  }

  #end (error: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = error
    this.#stream.destroy()
    this.#onOver(this)
    this.#user?.onEnd(error)
  }
}
