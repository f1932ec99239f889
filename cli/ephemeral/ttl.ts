import { WaylayError } from '../../common/errors.ts'
import { ENVIRONMENT_TTL } from '../../environments/ttl.ts'
import { parseDuration } from '../duration.ts'

/**
 * Reads `--ttl` of an environment. Returns milliseconds.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`
 */
export function parseEnvironmentTtl (text: string): number {
  const ms = parseDuration(text, '--ttl')
  if (ms >= ENVIRONMENT_TTL.minMs && ms <= ENVIRONMENT_TTL.maxMs) return ms
  throw new WaylayError('WAYLAY_USAGE', `Cannot use --ttl ${text}: an environment lives from 10s to 30d`,
    { hint: 'Write for example --ttl 2h. Run the same command again to renew it.' })
}
