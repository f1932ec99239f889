import { readDurationMs } from '../common/duration.ts'

const HOUR_MS = 3_600_000

/** How long an environment lives from its last renewal. */
export const ENVIRONMENT_TTL = {
  minMs: 10_000,
  /** Unless the namespace says less. */
  maxMs: 30 * 24 * HOUR_MS,
  /** What is granted beyond the longest: for what passes between the reading of a clock and the webhook's look. */
  slackMs: 60_000
} as const

/** What counts where nobody says: a leak guard for jobs that are killed, not the way one is meant to end. */
export const DEFAULT_TTL = '24h'

/** How many environments a namespace may have, unless its annotation says otherwise. */
export const DEFAULT_MAX_ENVIRONMENTS = 20

/** The longest of a namespace by its annotation, in ms. Undefined where the text is no duration. */
export function maxTtlMs (annotation: string | undefined): number | undefined {
  if (annotation === undefined) return ENVIRONMENT_TTL.maxMs
  return readDurationMs(annotation)
}
