import { WaylayError } from '../../common/errors.ts'
import { parseDuration } from '../duration.ts'

// The API server gives no token for less.
const MIN_MS = 10 * 60_000
// Whoever needs more renews it: a credential that lies about for months is what a grant is there to replace.
const MAX_MS = 30 * 86_400_000

/**
 * Reads `--ttl`. Returns milliseconds.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`
 */
export function parseTtl (text: string): number {
  const ms = parseDuration(text, '--ttl')
  if (ms >= MIN_MS && ms <= MAX_MS) return ms
  throw new WaylayError('WAYLAY_USAGE', `Cannot use --ttl ${text}: a grant lives from 10m to 30d`,
    { hint: 'Write for example --ttl 8h. Run the same command again to renew it.' })
}
