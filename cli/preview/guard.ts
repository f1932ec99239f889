import { splitHost } from '../../browse/app-address.ts'
import type { Field } from '../../browse/fields.ts'
import { WaylayError } from '../../common/errors.ts'

/**
 * Whether a host name can only mean the machine of whoever types it. No name server says where these lead, so no page
 * can call itself so and lead here (DNS rebinding). The port does not matter: it differs behind `ssh -L`.
 */
export function isLoopbackName (name: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|::1)\.?$/i.test(name)
}

/**
 * Why a request is not answered. Every page in the developer's browser may send requests to this port, and they would
 * carry the developer's header and cookies into the cluster: other sites may lead people here, and nothing else. A form
 * that they send leads here too, but does something in the developer's name.
 *
 * @param fields names in lower case.
 * @param address of the preview, for the message: `http://127.0.0.1:24110`.
 */
export function whyRefused (method: string, fields: readonly Field[], address: string): WaylayError | undefined {
  if (method === 'CONNECT') return new WaylayError('WAYLAY_PREVIEW_MALFORMED', 'A preview is no proxy to other hosts')
  const value = (name: string): string | undefined => fields.find(([other]) => other === name)?.[1]
  const host = value('host')
  if (host !== undefined && !isLoopbackName(splitHost(host).name)) {
    return new WaylayError('WAYLAY_PREVIEW_HOST', 'This preview answers to names of this machine only', { hint: `Open ${address}` })
  }
  const site = value('sec-fetch-site')
  const isLink = (method === 'GET' || method === 'HEAD') &&
    value('sec-fetch-mode') === 'navigate' && value('sec-fetch-dest') === 'document'
  if (isLink) return undefined
  const origin = value('origin')
  if (!isForeign(origin, site)) return undefined
  return new WaylayError('WAYLAY_PREVIEW_FOREIGN', 'A page of another site asked, and this preview answers its own pages only',
    { hint: `Open ${address} in the browser. Pages of other servers on this machine may ask when they use the same host name.` })
}

function isForeign (origin: string | undefined, site: string | undefined): boolean {
  if (origin === undefined) return site === 'cross-site'
  // A page that must not say where it comes from, in a frame of another site too: the browser has to vouch for it, and
  // older ones do not.
  return origin === 'null' ? site !== 'same-origin' && site !== 'same-site' : !isOwnPage(origin)
}

function isOwnPage (origin: string): boolean {
  const authority = /^https?:\/\/(.*)$/i.exec(origin)?.[1]
  return authority !== undefined && isLoopbackName(splitHost(authority).name)
}
