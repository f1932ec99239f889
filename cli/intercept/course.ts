import type { Cluster } from '../cluster/kubeconfig.ts'
import type { Ending } from './report/ending.ts'
import type { StandingIntercept } from './standing/standing-intercept.ts'

/** How an intercept goes otherwise than `waylay intercept` has it: nobody sits before it. */
export type Course = {
  /**
   * The program is started first, and the intercept stands only when it listens: no request is answered by nobody. It
   * has this long for that. Undefined: the intercept stands first.
   */
  readonly startTimeoutMs?: number
  /** That the program ends is a failure as long as the rest goes on, whatever it says itself. */
  readonly needsProgram?: boolean
  /** What is done when it stands. What comes of it ends the rest; undefined does not. */
  readonly whenStands?: (stood: {
    readonly cluster: Cluster
    readonly intercepts: readonly StandingIntercept[]
    /** Why all of it ends; whatever was begun is to end then too. */
    readonly ended: Promise<Ending>
    readonly note: (line: string) => void
  }) => Promise<Ending | undefined>
}
