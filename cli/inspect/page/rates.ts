import type { Picture } from '../view-types.ts'

/** Looked at over this long: shorter and a rate jumps, longer and it lags. */
const WINDOW_MS = 10_000

type Sample = { readonly at: number, readonly counts: ReadonlyMap<string, number> }

/** How often things happen a second, from pictures that count them. */
export class Rates {
  #samples: readonly Sample[] = []

  add ({ at, pods, callers }: Picture): void {
    const counts = new Map<string, number>()
    for (const { name, intercept, passed } of pods) {
      if (passed !== undefined) counts.set(passedKey(name, intercept), passed)
    }
    for (const { caller, pod, intercept, diverted } of callers) {
      counts.set(divertedKey(caller, pod, intercept), diverted)
    }
    this.#samples = [...this.#samples.filter(sample => at - sample.at <= WINDOW_MS), { at, counts }]
  }

  /** A second; undefined before two pictures count it. */
  of (key: string): number | undefined {
    const newest = this.#samples.at(-1)
    const oldest = this.#samples.find(({ counts }) => counts.has(key))
    const now = newest?.counts.get(key)
    if (newest === undefined || oldest === undefined || newest === oldest || now === undefined) return undefined
    // A pod that started again counts from 0.
    return Math.max(0, now - (oldest.counts.get(key) ?? 0)) * 1000 / (newest.at - oldest.at)
  }
}

export function passedKey (pod: string, intercept: string): string {
  return `passed ${pod} ${intercept}`
}

export function divertedKey (caller: string, pod: string, intercept: string): string {
  return `diverted ${caller} ${pod} ${intercept}`
}
