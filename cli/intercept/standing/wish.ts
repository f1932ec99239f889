import type { Match } from '../../../intercepts/match.ts'
import type { Developer } from '../developer/developer.ts'
import type { Place } from '../places/place.ts'

/** One intercept that somebody wants: one port of one workload, and who gets its requests. */
export type Wish = {
  /** Which port of which workload, and the pods that were found there: see `findPlaces`. */
  readonly place: Place
  readonly match: Match
  readonly developer: Developer
  /** What the developer's program is to read as Host. */
  readonly hostHeader?: string | undefined
  /** Ends the intercept of whoever holds the same match; with `own` only of the same user. */
  readonly takeOver?: boolean | 'own' | undefined
  /** What its lines are marked with where several stand in one process. */
  readonly label?: string | undefined
}
