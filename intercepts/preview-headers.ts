import { WaylayError } from '../common/errors.ts'
import { describeMatch } from './describe-match.ts'
import type { Match } from './match.ts'

/** One header line as it is sent. */
export type PreviewHeader = {
  /** Lower case. */
  readonly name: string
  /** latin1, one char a byte, as all header values here are. */
  readonly value: string
}

// What frames a message, names its destination or belongs to the visitor's own browser.
const NOT_OURS: ReadonlySet<string> = new Set([
  'connection', 'content-length', 'content-type', 'cookie', 'expect', 'host', 'keep-alive', 'origin', 'te', 'trailer',
  'transfer-encoding', 'upgrade'
])

/** Whether each request has its own header of this name, so that no preview puts one on. @param name in any case. */
export function isOfRequest (name: string): boolean {
  return NOT_OURS.has(name.toLowerCase())
}

/**
 * The headers by which a preview makes its visitors' requests match: each exact condition of the match. What else a
 * match asks for (a pattern, a path, a method) is for the request itself to have.
 *
 * @throws {WaylayError} `WAYLAY_PREVIEW_UNFIT` where there is none, or one that no gateway can set.
 */
export function previewHeaders (match: Match): readonly PreviewHeader[] {
  const exact = match.headers.filter(({ type }) => type === 'Exact')
  if (exact.length === 0) throw unfit(match, 'it asks for no exact header value that a gateway could add')
  const foreign = exact.find(({ name }) => isOfRequest(name))
  if (foreign !== undefined) throw unfit(match, `no gateway can set the header "${foreign.name}"`)
  return exact.map(({ name, value }) => ({ name: name.toLowerCase(), value: Buffer.from(value).toString('latin1') }))
}

function unfit (match: Match, why: string): WaylayError {
  return new WaylayError('WAYLAY_PREVIEW_UNFIT', `An intercept of ${describeMatch(match)} has no previews: ${why}`)
}
