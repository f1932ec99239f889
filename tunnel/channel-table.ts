import type { Channel } from './channel.ts'

const SMALLEST = 64

/**
 * The open channels, by id. A `Map` would do, but for garbage: each time it makes room it leaves a table behind that
 * points to everything which was open then, and where streams come and go by the thousand nearly all of them outlive
 * the young generation that way (a third of all time went into collecting them). Ids count up, so they hardly collide.
 */
export class ChannelTable {
  #slots: Array<Channel | undefined> = new Array<Channel | undefined>(SMALLEST).fill(undefined)
  #mask = SMALLEST - 1
  #size = 0

  get size (): number {
    return this.#size
  }

  get (id: number): Channel | undefined {
    for (let at = id & this.#mask; ; at = (at + 1) & this.#mask) {
      const channel = this.#slots[at]
      if (channel === undefined || channel.id === id) return channel
    }
  }

  /** Not one whose id is there. */
  add (channel: Channel): void {
    if (++this.#size * 2 > this.#mask) this.#grow()
    this.#put(channel)
  }

  delete (id: number): void {
    let hole = id & this.#mask
    for (; this.#slots[hole]?.id !== id; hole = (hole + 1) & this.#mask) {
      if (this.#slots[hole] === undefined) return
    }
    this.#size--
    // What stands behind the hole only because its own place was taken moves up.
    for (let at = (hole + 1) & this.#mask; ; at = (at + 1) & this.#mask) {
      const channel = this.#slots[at]
      if (channel === undefined) break
      if (((at - channel.id) & this.#mask) < ((at - hole) & this.#mask)) continue
      this.#slots[hole] = channel
      hole = at
    }
    this.#slots[hole] = undefined
  }

  all (): Channel[] {
    return this.#slots.filter(channel => channel !== undefined)
  }

  #put (channel: Channel): void {
    let at = channel.id & this.#mask
    while (this.#slots[at] !== undefined) at = (at + 1) & this.#mask
    this.#slots[at] = channel
  }

  #grow (): void {
    const channels = this.all()
    const length = this.#slots.length * 2
    this.#slots = new Array<Channel | undefined>(length).fill(undefined)
    this.#mask = length - 1
    for (const channel of channels) this.#put(channel)
  }
}
