import { isStatusOfHolder } from '../../../intercepts/lease.ts'
import type { Intercept } from '../../../intercepts/object.ts'

type Held = { readonly before: number, most: number }

/**
 * Counts the diverted requests of one Intercept from a first look on. Each holder counts from 0, so those of all are
 * added up: one that restarts takes nothing away.
 */
export class Tally {
  readonly #holders = new Map<string, Held>()
  #hasBegun = false

  /** What a look at the object, or a watch, showed: undefined when it is gone. May be old news. */
  see (object: Intercept | undefined): void {
    const isFirst = !this.#hasBegun
    this.#hasBegun = true
    if (object === undefined) return
    const requests = isStatusOfHolder(object) ? object.status?.requests ?? 0 : 0
    const key = `${object.metadata.uid ?? ''} ${object.spec.fence ?? ''}`
    const held = this.#holders.get(key)
    // What a holder who came later has, came since.
    if (held === undefined) this.#holders.set(key, { before: isFirst ? requests : 0, most: requests })
    else held.most = Math.max(held.most, requests)
  }

  get requests (): number {
    let sum = 0
    for (const { before, most } of this.#holders.values()) sum += most - before
    return sum
  }
}
