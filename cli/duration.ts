import { readDurationMs } from '../common/duration.ts'
import { WaylayError } from '../common/errors.ts'

/**
 * Reads a duration as kubectl writes it: `90s`, `10m`, `1h30m`, `2d`.
 *
 * @param flag whose value it is, for the message.
 * @returns milliseconds, over 0.
 * @throws {WaylayError} `WAYLAY_USAGE` with the text as given.
 */
export function parseDuration (text: string, flag: string): number {
  const ms = readDurationMs(text)
  if (ms !== undefined) return ms
  throw new WaylayError('WAYLAY_USAGE', `Cannot read ${flag} ${text}: that is not a duration`,
    { hint: `Write a number with its unit, for example ${flag} 90s, ${flag} 10m or ${flag} 1h30m.` })
}
