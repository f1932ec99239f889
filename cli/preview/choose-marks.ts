import { WaylayError } from '../../common/errors.ts'
import { isOfRequest } from '../../intercepts/preview-headers.ts'
import type { RoutingHeader } from '../../browse/routing-fields.ts'
import { chooseMatch } from '../choose-match.ts'
import type { CliDeps } from '../deps.ts'
import type { MatchFlags } from '../match-flags.ts'

/**
 * The headers that the preview puts on each request: those by which `waylay intercept` with the same flags knows them.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` for a pattern, which fits many values and so names none.
 */
export async function chooseMarks (
  { id, httpHeader }: Pick<MatchFlags, 'id' | 'httpHeader'>, deps: CliDeps
): Promise<readonly RoutingHeader[]> {
  const flags = { ...(id !== undefined && { id }), ...(httpHeader !== undefined && { httpHeader }) }
  const { headers } = await chooseMatch(flags, deps)
  const pattern = headers.find(({ type }) => type === 'Glob')
  if (pattern !== undefined) {
    throw new WaylayError('WAYLAY_USAGE', `--http-header ${pattern.name}=${pattern.value} is a pattern, and a preview has to send one value`,
      { hint: 'Give a value that the pattern fits, without "*".' })
  }
  const reserved = headers.find(({ name }) => isOfRequest(name))
  if (reserved !== undefined) {
    throw new WaylayError('WAYLAY_USAGE', `--http-header ${reserved.name} cannot be put on by a preview: each request has its own`,
      { hint: 'Leave it out, and give one that marks your requests.' })
  }
  return headers.map(({ name, value }) => ({ name, value }))
}
