import type { Wire, WireListener } from './wire.ts'

export type AppSideDeps = {
  readonly dial: () => Wire
  readonly onBytes: (bytes: Buffer, from: number, to: number) => void
  readonly onEnd: () => void
  /** Refused, reset or gone. */
  readonly onError: () => void
  readonly onDrain: () => void
}

/** The one connection to the app that belongs to a caller's connection; dialled anew when it was given back. */
export class AppSide implements WireListener {
  readonly #deps: AppSideDeps
  #wire: Wire | undefined
  #greeting: Buffer | undefined

  constructor (deps: AppSideDeps) {
    this.#deps = deps
  }

  get connected (): boolean {
    return this.#wire !== undefined
  }

  get needsDrain (): boolean {
    return this.#wire?.needsDrain === true
  }

  /** Dials, if there is no connection. */
  open (): Wire {
    if (this.#wire !== undefined) return this.#wire
    const wire = this.#deps.dial()
    this.#wire = wire
    wire.listen(this)
    if (this.#greeting !== undefined) wire.write(this.#greeting)
    return wire
  }

  /**
   * Says what each connection begins with.
   *
   * @param sentBytes how much of it was written already, to the connection that is open.
   */
  greet (greeting: Buffer, sentBytes: number): void {
    this.#greeting = greeting
    this.#wire?.write(greeting.subarray(sentBytes))
  }

  write (bytes: Buffer, from: number, to: number): void {
    if (to > from) this.open().writeCopy(bytes, from, to)
  }

  /** The caller ended its side. */
  end (): void {
    this.#wire?.end()
  }

  pause (): void {
    this.#wire?.setPaused(true)
  }

  resume (): void {
    this.#wire?.setPaused(false)
  }

  /** Gives the connection back: FIN at once. */
  leave (): void {
    this.#forget()?.close()
  }

  /** The caller is gone without a farewell. */
  reset (): void {
    this.#forget()?.reset()
  }

  /** Hands the connection, dialled if need be, to somebody who listens from now on. */
  release (): Wire {
    const wire = this.open()
    this.#forget()
    return wire
  }

  onBytes (bytes: Buffer, from: number, to: number): void {
    this.#deps.onBytes(bytes, from, to)
  }

  onEnd (): void {
    this.#deps.onEnd()
  }

  onDrain (): void {
    this.#deps.onDrain()
  }

  onGone (failed: boolean): void {
    this.#forget()
    if (failed) this.#deps.onError()
  }

  #forget (): Wire | undefined {
    const wire = this.#wire
    this.#wire = undefined
    return wire
  }
}
