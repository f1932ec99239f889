import { createHash } from 'node:crypto'
import { canonicalMatch, type Match } from './match.ts'

/**
 * The name an Intercept must have: a hash of workload, app port and match. So creating the object is the conflict
 * check, atomic and cluster-wide, and the webhook refuses any other name.
 *
 * @param workload `kind/name` of the top controller.
 * @returns 32 characters, a valid object name.
 */
export function interceptName (workload: string, port: number, match: Match): string {
  const { headers, path, methods } = canonicalMatch(match)
  const conditions = headers.map(({ type, name, value }) => type === 'Exact' ? [name, value] : [name, value, type])
  // A match of exact headers alone keeps the name that it had before there were others.
  const others = path === undefined && methods === undefined
    ? []
    : [path === undefined ? [] : [path.type, path.value], methods ?? []]
  const identity = JSON.stringify([workload, port, conditions, ...others])
  return createHash('sha256').update(identity).digest('hex').slice(0, 32)
}
