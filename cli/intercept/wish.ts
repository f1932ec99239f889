import type { Match } from '../../intercepts/match.ts'
import type { Workload } from '../cluster/workloads.ts'
import type { Developer } from './developer.ts'

/** One intercept that somebody wants: one port of one workload, and who gets its requests. */
export type Wish = {
  readonly workload: Workload
  /** Port number or name. Undefined: the workload has only one. */
  readonly appPort: number | string | undefined
  readonly match: Match
  readonly developer: Developer
  /** What the developer's program is to read as Host. */
  readonly hostHeader?: string | undefined
  /** Ends the intercept of whoever holds the same match. */
  readonly takeOver?: boolean | undefined
  /** What its lines are marked with where several stand in one process. */
  readonly label?: string | undefined
}
