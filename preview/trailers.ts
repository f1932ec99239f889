import type { Field } from '../browse/fields.ts'
import { isClaim } from './claims.ts'

// RFC 9110, 6.5.1: what frames a message, leads it somewhere, proves who sent it or says what its body is. Beside them
// what belongs to one connection: Node throws at HTTP/2 trailers of such a name, where nobody can catch it.
const NEVER = new Set([
  'age', 'authorization', 'baggage', 'cache-control', 'connection', 'cookie', 'date', 'expect', 'expires', 'host',
  'http2-settings', 'keep-alive', 'location', 'origin', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection',
  'range', 'referer', 'retry-after', 'set-cookie', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'vary',
  'www-authenticate'
])
const OURS = 'x-waylay-'

/**
 * The lines behind a body as the other side may have them: a server that takes them for header lines reads nothing
 * there that the header could not say either.
 *
 * @param taken names in lower case that are the gateway's to set.
 */
export function passedTrailers (trailers: readonly Field[], taken: ReadonlySet<string> = new Set()): Field[] {
  return trailers.filter(([name]) => {
    const spelt = name.replaceAll('_', '-')
    return !name.startsWith(':') && !NEVER.has(spelt) && !spelt.startsWith('content-') && !spelt.startsWith(OURS) &&
      !isClaim(spelt) && !taken.has(spelt)
  })
}
