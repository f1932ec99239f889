const SIZE = 128

/** The ids of the last streams that went to the app. */
export class RecentIds {
  #ids: Int32Array | undefined
  #count = 0
  /** The highest of all. */
  highest = 0

  add (streamId: number): void {
    this.#ids ??= new Int32Array(SIZE)
    this.#ids[this.#count++ % SIZE] = streamId
    this.highest = streamId
  }

  /** Those above an id, or undefined if some of them may be forgotten. */
  above (streamId: number): readonly number[] | undefined {
    const ids = this.#ids ?? NONE
    if (this.#count > SIZE && (ids[this.#count % SIZE] as number) > streamId) return undefined
    return [...ids].filter(id => id > streamId)
  }
}

const NONE = new Int32Array(0)
