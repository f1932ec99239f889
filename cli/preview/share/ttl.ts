import { WaylayError } from '../../../common/errors.ts'
import { MAX_PREVIEW_MS } from '../../../intercepts/preview-limits.ts'
import { parseDuration } from '../../duration.ts'

export const DEFAULT_SHARE_MS = 8 * 3_600_000
const MIN_MS = 60_000

/**
 * Reads `--ttl` of a link. Returns milliseconds.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`
 */
export function parseShareTtl (text: string): number {
  const ms = parseDuration(text, '--ttl')
  if (ms >= MIN_MS && ms <= MAX_PREVIEW_MS) return ms
  throw new WaylayError('WAYLAY_USAGE', `Cannot use --ttl ${text}: a link lives from 1m to 7d`,
    { hint: 'Write for example --ttl 8h. Share again for a new link.' })
}
