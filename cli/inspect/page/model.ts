import type { Change, Listing, Standing, Summary } from '../view-types.ts'
import { parseFilter, type Filter } from './filter.ts'

export type Connection = 'live' | 'lost' | 'ended'

/** What the page knows. Views ask it, and are told when it changes. */
export class Model {
  standing: readonly Standing[] = []
  connection: Connection = 'live'
  /** Whether secrets are shown everywhere. */
  showsSecrets = false
  selected: number | undefined
  filterText = ''
  readonly #exchanges = new Map<number, Summary>()
  /** While the list is held still: what stood there. */
  #held: Map<number, Summary> | undefined
  readonly #listeners = new Set<() => void>()
  /** What was told since each reading of all began that goes on. */
  readonly #told = new Set<Change[]>()
  #filter: Filter = () => true
  #isTelling = false

  /** All of them, oldest first; while the list is held still, those that stood there. */
  get all (): readonly Summary[] {
    return [...(this.#held ?? this.#exchanges).values()]
  }

  get isHeld (): boolean {
    return this.#held !== undefined
  }

  /** How many came since the list is held still, and were not dropped again. */
  get waiting (): number {
    const held = this.#held
    return held === undefined ? 0 : [...this.#exchanges.keys()].filter(id => !held.has(id)).length
  }

  /** Those that the filter lets through, newest first. */
  get shown (): readonly Summary[] {
    return this.all.filter(this.#filter).reverse()
  }

  get selection (): Summary | undefined {
    return this.selected === undefined ? undefined : this.get(this.selected)
  }

  get (id: number): Summary | undefined {
    return (this.#held ?? this.#exchanges).get(id)
  }

  listen (listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** Reads all anew. What is told meanwhile is newer than what `read` comes back with. */
  async load (read: () => Promise<Listing>): Promise<void> {
    const told: Change[] = []
    this.#told.add(told)
    try {
      const { exchanges, standing } = await read()
      this.#exchanges.clear()
      this.#take({ changed: exchanges, dropped: [] })
      for (const change of told) this.#take(change)
      this.standing = standing
      this.tell()
    } finally {
      this.#told.delete(told)
    }
  }

  apply (change: Change): void {
    for (const told of this.#told) told.push(change)
    this.#take(change)
    this.tell()
  }

  /** Holds what is shown still, so that it can be read; what happens meanwhile is shown when it goes on. */
  hold (isHeld: boolean): void {
    this.#held = isHeld ? new Map(this.#exchanges) : undefined
    this.tell()
  }

  /** What stood there was cleared. */
  forgetHeld (): void {
    this.#held?.clear()
    this.tell()
  }

  setFilter (text: string): void {
    this.filterText = text
    this.#filter = parseFilter(text)
    this.tell()
  }

  select (id: number | undefined): void {
    this.selected = id
    this.tell()
  }

  /** Selects the one above or below in the list. */
  move (step: number): void {
    const { shown } = this
    const at = shown.findIndex(({ id }) => id === this.selected)
    const next = shown[at === -1 ? 0 : Math.min(shown.length - 1, Math.max(0, at + step))]
    if (next !== undefined) this.select(next.id)
  }

  #take ({ changed, dropped }: Change): void {
    for (const id of dropped) this.#exchanges.delete(id)
    for (const exchange of changed) {
      this.#exchanges.set(exchange.id, exchange)
      if (this.#changesHeld(exchange)) this.#held?.set(exchange.id, exchange)
    }
  }

  /** The end of one that stands there, and a replay: somebody here asked for it. */
  #changesHeld ({ id, state, replayOf }: Summary): boolean {
    return replayOf !== undefined || (state !== 'open' && this.#held?.has(id) === true)
  }

  /** Views are drawn once for all that happens before the next frame. */
  tell (): void {
    if (this.#isTelling) return
    this.#isTelling = true
    // A page that is not seen gets no frames, and has to be right when it is looked at.
    const draw = (): void => {
      this.#isTelling = false
      for (const listener of this.#listeners) listener()
    }
    if (document.hidden) setTimeout(draw, 250)
    else requestAnimationFrame(draw)
  }
}
