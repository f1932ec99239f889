import { WaylayError } from '../common/errors.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Reads a duration as kubectl writes it: `90s`, `10m`, `1h30m`, `2d`.
 *
 * @param flag whose value it is, for the message.
 * @returns milliseconds, over 0.
 * @throws {WaylayError} `WAYLAY_USAGE` with the text as given.
 */
export function parseDuration (text: string, flag: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)]
  const totalMs = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0)
  if (parts.map(([part]) => part).join('') === text && totalMs > 0 && Number.isSafeInteger(Math.round(totalMs))) {
    return Math.round(totalMs)
  }
  throw new WaylayError('WAYLAY_USAGE', `Cannot read ${flag} ${text}: that is not a duration`,
    { hint: `Write a number with its unit, for example ${flag} 90s, ${flag} 10m or ${flag} 1h30m.` })
}
