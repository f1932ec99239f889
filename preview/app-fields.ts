import type { Field } from '../browse/fields.ts'
import { toAppFields } from '../browse/request-fields.ts'
import type { Mapping } from '../browse/url-map.ts'
import { isClaim } from './claims.ts'
import { withoutToken } from './cookie.ts'
import { withoutHops } from './hops.ts'
import type { Link } from './links.ts'

export type AppFieldsOptions = {
  readonly mapping: Mapping
  readonly link: Link
  /** Address of whoever opened the connection to us. */
  readonly peer: string | undefined
  /** Whether that is an ingress, whose word about the visitor's address counts. */
  readonly isBehindIngress: boolean
  readonly hasBody: boolean
}

/**
 * The header lines of a visitor's request as the app gets them: what belongs to the visitor's connection, what could
 * pass for the routing header and our cookie are gone, what makes it the developer's is there.
 */
export function appFields (fields: readonly Field[], options: AppFieldsOptions): Field[] {
  const { mapping, link, hasBody } = options
  const sent = withoutHops(fields).filter(([name]) => !isClaim(name) && name !== 'cookie' && name !== 'expect')
  const cookie = withoutToken(valuesOf(fields, 'cookie'))
  const isChunked = hasBody && !sent.some(([name]) => name === 'content-length')
  const lines: Field[] = [
    // HTTP/2 has none.
    ['host', '', 'Host'],
    // Trailers come behind chunks alone; Node throws where others are announced.
    ...sent.filter(([name]) => name !== 'host' && (name !== 'trailer' || isChunked)),
    ...cookie === undefined ? [] : [['cookie', cookie, 'Cookie'] as const],
    ...forwarding(fields, options),
    ...isChunked ? [['transfer-encoding', 'chunked', 'Transfer-Encoding'] as const] : []
  ]
  return toAppFields(lines, mapping, link.headers)
}

function forwarding (fields: readonly Field[], { mapping, peer, isBehindIngress }: AppFieldsOptions): Field[] {
  const before = isBehindIngress ? valuesOf(fields, 'x-forwarded-for') : []
  // A socket of both families writes IPv4 so.
  const addresses = [...before, ...peer === undefined ? [] : [peer.replace(/^::ffff:(?=\d+\.)/i, '')]]
  return [
    ...addresses.length === 0 ? [] : [['x-forwarded-for', addresses.join(', '), 'X-Forwarded-For'] as const],
    ['x-forwarded-proto', 'https', 'X-Forwarded-Proto'],
    ['x-forwarded-host', mapping.preview.slice('https://'.length), 'X-Forwarded-Host']
  ]
}

function valuesOf (fields: readonly Field[], name: string): readonly string[] {
  return fields.filter(field => field[0] === name).map(([, value]) => value)
}
