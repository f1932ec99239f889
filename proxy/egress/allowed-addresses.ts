import { WaylayError } from '../../common/errors.ts'
import { whyForbidden } from '../../tunnel/forbidden-address.ts'

/**
 * Those of a host's addresses that may be dialled for a developer. One that is never allowed forbids the whole host: a
 * name that also means 127.0.0.1 is an attempt to get there. An address of this very pod is left out, because a
 * headless Service names all its pods.
 *
 * @throws {WaylayError} `WAYLAY_REACH_FORBIDDEN`
 */
export function allowedAddresses (
  host: string, addresses: readonly string[], own: readonly string[]
): readonly string[] {
  const refuse = (why: string): WaylayError =>
    new WaylayError('WAYLAY_REACH_FORBIDDEN', `${host} is never reached through a pod: ${why}`)
  for (const address of addresses) {
    const why = whyForbidden(address)
    if (why !== undefined) throw refuse(why)
  }
  const others = addresses.filter(address => whyForbidden(address, own) === undefined)
  if (others.length > 0) return others
  throw refuse(`${addresses[0] ?? 'it has no address, which'} is an address of the pod itself`)
}
