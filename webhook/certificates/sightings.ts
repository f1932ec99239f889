/** Since when something has been there, at every look. */
export type Sightings = {
  /** One look: what is there now. What is not is forgotten. */
  readonly see: (names: readonly string[]) => void
  /** For how long it has been there, ms; undefined when it is not. */
  readonly ageMs: (name: string) => number | undefined
}

/**
 * Counted by each replica for itself, with a clock that never jumps: a replica that starts again counts again, and no
 * two clocks need to agree.
 */
export function createSightings (monotonicMs: () => number): Sightings {
  let since = new Map<string, number>()
  return {
    see: names => {
      const nowMs = monotonicMs()
      since = new Map(names.map(name => [name, since.get(name) ?? nowMs]))
    },
    ageMs: name => {
      const sinceMs = since.get(name)
      return sinceMs === undefined ? undefined : monotonicMs() - sinceMs
    }
  }
}
