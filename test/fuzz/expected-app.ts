/** What an app is to get of one caller, in order. A head that the proxy changes is not changed once it is opaque. */
export class ExpectedApp {
  readonly #pieces: Array<{ readonly raw: Buffer, readonly changed: Buffer, readonly mustChange: boolean }> = []

  /** Bytes that pass as they came. */
  push (...pieces: readonly Buffer[]): void {
    for (const raw of pieces) this.#pieces.push({ raw, changed: raw, mustChange: false })
  }

  /** @param mustChange false where the connection may be opaque by then. */
  pushHead (raw: Buffer, changed: Buffer, mustChange: boolean): void {
    this.#pieces.push({ raw, changed, mustChange })
  }

  /** Of everything, where nothing is opaque. */
  get length (): number {
    return this.#pieces.reduce((sum, { changed }) => sum + changed.length, 0)
  }

  /** All of it, where two things may be the one that fits what was received. */
  resolve (received: Buffer): Buffer {
    const chosen: Buffer[] = []
    let at = 0
    let opaque = false
    for (const { raw, changed, mustChange } of this.#pieces) {
      const came = received.subarray(at, at + changed.length)
      if (!mustChange && !changed.subarray(0, came.length).equals(came)) opaque = true
      const piece = opaque && !mustChange ? raw : changed
      chosen.push(piece)
      at += piece.length
    }
    return Buffer.concat(chosen)
  }
}
