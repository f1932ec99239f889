import { WaylayError } from '../../../common/errors.ts'
import { pause, type StandClock } from '../../clock.ts'
import { createDeveloper, type Developer } from './developer.ts'

/** How long a copy is dialled again: its pod may be replaced right now, and addresses lag behind that. */
const PATIENCE_MS = 10_000
/** A packet to a pod that is gone is often answered by nobody. */
const CONNECT_TIMEOUT_MS = 2000
const FIRST_PAUSE_MS = 50
const LAST_PAUSE_MS = 500

/** Nothing was sent yet, and the next try may meet another pod. */
const PASSING: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'
])

/** A Service in the cluster that takes the developer's part. Its program may be replaced while requests come. */
export function createPatientDeveloper (
  host: string | undefined, port: number, clock: StandClock, patienceMs = PATIENCE_MS
): Developer {
  const developer = createDeveloper({ port, ...(host !== undefined && { host }) }, CONNECT_TIMEOUT_MS)
  return {
    ...developer,
    async dial () {
      const endMs = clock.now() + patienceMs
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
        try {
          return await developer.dial()
        } catch (error) {
          if (!isPassing(error) || clock.now() + pauseMs > endMs) throw error
        }
        await pause(clock, pauseMs, new AbortController().signal)
      }
    }
  }
}

function isPassing (error: unknown): boolean {
  if (!(error instanceof WaylayError) || !(error.cause instanceof AggregateError)) return false
  return error.cause.errors.every(({ code }: NodeJS.ErrnoException) => PASSING.has(code))
}
