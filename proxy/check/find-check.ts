import { CHECKED_POD_HEADER, NONCE_HEADER } from '../../common/contract.ts'
import type { RequestView } from '../../intercepts/request-view.ts'
import { toCondition } from '../condition.ts'
import type { PortRoutes } from '../port-routes.ts'
import { isPassedBy, type Route } from '../route.ts'

// `<intercept>.<random>`; it is sent back, so nothing may be in it that means something in a head.
const NONCE = /^([A-Za-z0-9-]{1,128})\.[A-Za-z0-9_-]{1,128}$/

/**
 * Recognises a check of the callers' way: a HEAD request that names, in `x-waylay-nonce`, an intercept which this proxy
 * holds on this port, and fulfils its match. The methods of the match do not count: a check is always HEAD, because it
 * may reach an app where no proxy is in the way, and there a POST might do something.
 *
 * Whoever sends one learns the pod's name, and that the intercept stands: no more than an answer of the developer tells
 * whoever can fulfil the match. Requests with other methods cost nothing.
 *
 * @returns a route that ends at the proxy itself: neither app nor developer sees the request.
 */
export function findCheck (view: RequestView, routes: PortRoutes, pod: string): Route | undefined {
  if (view.method !== 'HEAD' || routes.list.length === 0) return undefined
  const [nonce = ''] = view.values(NONCE_HEADER)
  const intercept = NONCE.exec(nonce)?.[1]
  const held = intercept === undefined ? undefined : routes.list.find(route => route.intercept === intercept)
  if (held === undefined || isPassedBy(held)) return undefined
  const { headers, path } = held.match
  if (!toCondition({ headers, ...(path !== undefined && { path }) }).holds(view)) return undefined
  return { ...held, ownAnswer: writeAnswer(nonce, pod), mayOpen: () => true, report: () => {} }
}

function writeAnswer (nonce: string, pod: string): Buffer {
  return Buffer.from([
    'HTTP/1.1 204 No Content',
    `${NONCE_HEADER}: ${nonce}`,
    `${CHECKED_POD_HEADER}: ${pod}`,
    'Cache-Control: no-store',
    'Connection: close',
    '\r\n'
  ].join('\r\n'), 'latin1')
}
