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
  readonly #listeners = new Set<() => void>()
  /** What was told since each reading of all began that goes on. */
  readonly #told = new Set<Change[]>()
  #filter: Filter = () => true
  #isTelling = false

  /** All of them, oldest first. */
  get all (): readonly Summary[] {
    return [...this.#exchanges.values()]
  }

  /** Those that the filter lets through, newest first. */
  get shown (): readonly Summary[] {
    return this.all.filter(this.#filter).reverse()
  }

  get selection (): Summary | undefined {
    return this.selected === undefined ? undefined : this.#exchanges.get(this.selected)
  }

  get (id: number): Summary | undefined {
    return this.#exchanges.get(id)
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
    for (const exchange of changed) this.#exchanges.set(exchange.id, exchange)
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
