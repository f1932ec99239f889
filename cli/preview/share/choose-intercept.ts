import { WaylayError } from '../../../common/errors.ts'
import { describeMatch } from '../../../intercepts/describe-match.ts'
import { leaseOf } from '../../../intercepts/lease.ts'
import { parseMatch } from '../../../intercepts/match.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import { previewHeaders, type PreviewHeader } from '../../../intercepts/preview-headers.ts'
import { showText } from '../../terminal/show-text.ts'

/** What the intercept that a link stands on is chosen by. */
export type InterceptChoice = {
  /** The caller's name as the API server knows it. */
  readonly me: string
  /** `--intercept`. */
  readonly name?: string | undefined
  /** What the developer's requests are known by, as `waylay intercept` with the same flags would have it. */
  readonly marks: readonly PreviewHeader[]
  /** Whether the command line names them: the only intercept there is must have them too then. */
  readonly areMarksGiven: boolean
  readonly namespace: string
  /** The API server's clock, ms since the epoch. */
  readonly nowMs: number
}

type Candidate = { readonly intercept: Intercept, readonly headers: readonly PreviewHeader[] }

/**
 * Chooses the caller's own live intercept whose headers the link adds. Where several have the same headers, the oldest:
 * a request that has them reaches all of them.
 *
 * @throws {WaylayError} `WAYLAY_INTERCEPT_UNKNOWN` naming those that there are, `WAYLAY_PREVIEW_UNFIT` for one that
 *   cannot be shared.
 */
export function chooseIntercept (intercepts: readonly Intercept[], choice: InterceptChoice): Intercept {
  const { me, name, marks, areMarksGiven, namespace, nowMs } = choice
  const mine = intercepts.filter(intercept => intercept.spec.owner === me && leaseOf(intercept, nowMs) === 'live')
  if (name !== undefined) {
    const found = mine.find(({ metadata }) => metadata.name === name)
    if (found === undefined) throw unknown(`You have no live intercept "${showText(name)}" in ${namespace}`, mine)
    previewHeaders(parseMatch(found.spec.match))
    return found
  }
  const [only, ...others] = mine
  if (only === undefined) throw unknown(`You have no live intercept in ${namespace} that a link could show`, [])
  if (others.length === 0) {
    const headers = previewHeaders(parseMatch(only.spec.match))
    if (!areMarksGiven || keyOf(headers) === keyOf(marks)) return only
    const wanted = marks.map(({ name, value }) => `${name}=${value}`).join(' and ')
    throw unknown(`You have no live intercept in ${namespace} with ${showText(wanted)} alone`, mine)
  }
  const marked = mine.map(readCandidate).filter(candidate => candidate !== undefined)
    .filter(({ headers }) => keyOf(headers) === keyOf(marks)).map(({ intercept }) => intercept).sort(byAge)
  if (marked[0] === undefined) throw unknown(`You have ${mine.length} live intercepts in ${namespace}, and none is known by your value alone`, mine)
  return marked[0]
}

function readCandidate (intercept: Intercept): Candidate | undefined {
  try {
    return { intercept, headers: previewHeaders(parseMatch(intercept.spec.match)) }
  } catch {
    return undefined
  }
}

function keyOf (headers: readonly PreviewHeader[]): string {
  return JSON.stringify(headers.map(({ name, value }) => [name.toLowerCase(), value]).sort())
}

function byAge (a: Intercept, b: Intercept): number {
  const key = ({ metadata: { creationTimestamp = '', name } }: Intercept): string => `${creationTimestamp} ${name}`
  return key(a) < key(b) ? -1 : 1
}

function unknown (message: string, mine: readonly Intercept[]): WaylayError {
  const hint = mine.length === 0
    ? 'Start one, and share it while it stands: waylay intercept <workload> --port <port>'
    : `Name one with --intercept: ${mine.map(describe).join('; ')}`
  return new WaylayError('WAYLAY_INTERCEPT_UNKNOWN', message, { hint })
}

function describe ({ metadata: { name }, spec }: Intercept): string {
  let match: string
  try {
    match = describeMatch(parseMatch(spec.match))
  } catch {
    match = 'a match that cannot be read'
  }
  return showText(`${name} (${spec.workload} port ${spec.port}, ${match})`)
}
