import { ROUTING_HEADER } from '../../common/contract.ts'

// Each says something about one message on one connection; a copy of it on another would break that one.
const OF_ONE_MESSAGE = new Set([
  'connection', 'content-encoding', 'content-length', 'content-type', 'expect', 'host', 'http2-settings', 'keep-alive',
  'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'
])
// RFC 9110, 5.6.2.
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

export type HeaderNames = { readonly names: readonly string[], readonly refused: readonly string[] }

/**
 * Reads a list such as `x-user, X-Tenant`. The routing header is always among the names, which are in lower case.
 *
 * @returns `refused`: what is no name of a header, or of one that must not travel.
 */
export function parseHeaderNames (text: string): HeaderNames {
  const wished = text.split(',').map(name => name.trim().toLowerCase()).filter(name => name !== '')
  const isGood = (name: string): boolean => TOKEN.test(name) && !OF_ONE_MESSAGE.has(name)
  return {
    names: [...new Set([ROUTING_HEADER, ...wished.filter(isGood)])],
    refused: wished.filter(name => !isGood(name))
  }
}
