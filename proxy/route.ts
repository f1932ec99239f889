import { BAGGAGE_MEMBER, ROUTING_HEADER } from '../common/contract.ts'
import { baggageValues } from '../http1/baggage.ts'
import type { RequestHead } from '../http1/request-head.ts'
import { isGlobal, type Match } from '../intercepts/match.ts'
import type { Route } from './routes.ts'

/**
 * Decides one request: the first route, in order of precedence, whose whole condition holds; none means the app.
 *
 * @param routes of this app port, ordered by `byPrecedence`.
 */
export function chooseRoute (routes: readonly Route[], head: RequestHead): Route | undefined {
  if (routes.length === 0 || isKubeletProbe(head)) return undefined
  return routes.find(route => matches(route.match, head))
}

/** The route that takes everything, if there is one. */
export function globalRoute (routes: readonly Route[]): Route | undefined {
  return routes.find(route => isGlobal(route.match))
}

/** Which header chose the response, for Vary. */
export function varyBy (match: Match, head: RequestHead): string | undefined {
  const [first] = match.headers
  if (first === undefined) return undefined
  return headerValues(head, first.name).includes(first.value) ? first.name : 'baggage'
}

/** A match with its values as they stand in a head here: the bytes of their UTF-8, one char each. */
export function toWireMatch (match: Match): Match {
  return {
    headers: match.headers.map(header => ({ ...header, value: Buffer.from(header.value).toString('latin1') }))
  }
}

function matches (match: Match, head: RequestHead): boolean {
  return match.headers.every(({ name, value }) => {
    // Hop-by-hop fields are between two neighbours and route nothing (RFC 9110, 7.6.1).
    if (head.connection.includes(name)) return false
    if (headerValues(head, name).includes(value)) return true
    return name === ROUTING_HEADER && baggageValues(head.fields, BAGGAGE_MEMBER).includes(value)
  })
}

function headerValues (head: RequestHead, wanted: string): string[] {
  const values: string[] = []
  for (const [name, value] of head.fields) {
    if (name === wanted) values.push(value)
  }
  return values
}

// The kubelet names itself so (pkg/probe/http/request.go): its question is about the app, never about a developer.
function isKubeletProbe (head: RequestHead): boolean {
  return head.fields.some(([name, value]) => name === 'user-agent' && value.startsWith('kube-probe/'))
}
