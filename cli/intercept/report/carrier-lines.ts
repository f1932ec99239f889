import type { CarrierChange } from './carrier-news.ts'
import type { StandClock } from '../../clock.ts'

/** A laptop that changes networks loses all its pods within a moment, and has them back within another. */
const COLLECT_MS = 300
/** More than these are counted, not named. */
const MAX_NAMED = 3

/** Tells people of carriers in as few lines as say it. */
export class CarrierLines {
  readonly #clock: Pick<StandClock, 'after'>
  readonly #tell: (line: string) => void
  readonly #lost: string[] = []
  readonly #resumed: string[] = []
  #longestMs = 0
  #isWaiting = false

  constructor (clock: Pick<StandClock, 'after'>, tell: (line: string) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  add (pod: string, change: CarrierChange): void {
    if (change.kind === 'lost') {
      this.#lost.push(pod)
    } else {
      this.#resumed.push(pod)
      this.#longestMs = Math.max(this.#longestMs, change.afterMs)
    }
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#clock.after(COLLECT_MS, () => { this.#flush() })
  }

  #flush (): void {
    this.#isWaiting = false
    const lost = this.#lost.splice(0)
    const resumed = this.#resumed.splice(0)
    const seconds = Math.round(this.#longestMs / 1000)
    this.#longestMs = 0
    if (lost.length > 0) this.#tell(`Connection to ${describePods(lost)} lost; trying again.`)
    if (resumed.length > 0) {
      this.#tell(`Connection to ${describePods(resumed)} ${resumed.length === 1 ? 'is' : 'are'} back after ${seconds} s.`)
    }
  }
}

/** `pod a`, `pods a, b and c`, `30 pods (a, b, c and 27 others)`. */
function describePods (pods: readonly string[]): string {
  const [first = '', ...others] = pods
  if (others.length === 0) return `pod ${first}`
  if (pods.length <= MAX_NAMED) return `pods ${pods.slice(0, -1).join(', ')} and ${pods.at(-1) ?? ''}`
  return `${pods.length} pods (${pods.slice(0, MAX_NAMED).join(', ')} and ${pods.length - MAX_NAMED} others)`
}
