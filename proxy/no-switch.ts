import type { Verdict } from './verdict.ts'

/** What the proxy tells of its dials and callers, and where the redirects come from. */
export type Switch = Pick<
  Verdict, 'redirects' | 'setWanted' | 'acceptFailed' | 'overloaded' | 'dialFailed' | 'dialSucceeded' | 'tick' | 'stop'
>

const IDLE_TICK_MS = 60_000

/**
 * Where nothing is redirected because Services lead to the proxy by name (`mode: named-port`): there is nothing to arm,
 * and no way past a proxy that has too much to do.
 *
 * @param onOverload told of each caller, or each failed accept(), that there was too little for.
 */
export function createNoSwitch (onOverload: (reason: string) => void): Switch {
  return {
    redirects: [],
    setWanted: () => {},
    acceptFailed: onOverload,
    overloaded: onOverload,
    dialFailed: () => {},
    dialSucceeded: () => {},
    tick: () => IDLE_TICK_MS,
    stop: () => {}
  }
}
