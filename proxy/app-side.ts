import type { Wire, WireListener } from './wire.ts'

/** Whose connection it is. */
export type AppSideOwner = {
  onAppBytes (bytes: Buffer, from: number, to: number): void
  onAppEnd (): void
  /** Refused, reset or gone. */
  onAppError (): void
  /** The app takes bytes again. */
  updateFlow (): void
}

/** The one connection to the app that belongs to a caller's connection; dialled anew when it was given back. */
export class AppSide implements WireListener {
  readonly #dial: () => Wire
  readonly #owner: AppSideOwner
  #wire: Wire | undefined
  #greeting: Buffer | undefined

  constructor (dial: () => Wire, owner: AppSideOwner) {
    this.#dial = dial
    this.#owner = owner
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
    const wire = this.#dial()
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

  /** Sends bytes that nobody changes any more. */
  writeAll (bytes: Buffer): void {
    if (bytes.length > 0) this.open().write(bytes)
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
    this.#owner.onAppBytes(bytes, from, to)
  }

  onEnd (): void {
    this.#owner.onAppEnd()
  }

  onDrain (): void {
    this.#owner.updateFlow()
  }

  onGone (failed: boolean): void {
    this.#forget()
    if (failed) this.#owner.onAppError()
  }

  #forget (): Wire | undefined {
    const wire = this.#wire
    this.#wire = undefined
    return wire
  }
}
