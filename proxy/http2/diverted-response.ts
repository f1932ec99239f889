import { DIVERTED_TO_HEADER } from '../../common/contract.ts'
import { HeaderList } from '../../http2/header-list.ts'
import { HOP_BY_HOP } from '../../http2/request.ts'

const CACHE_HEADERS = new Set(['cache-control', 'expires', 'x-accel-expires', 'surrogate-control', 'cdn-cache-control'])

/** The status of a response's fields; undefined: they are not those of a response (RFC 9113, 8.3.2). */
export function statusOfFields (fields: HeaderList): number | undefined {
  const value = fields.names[0] === ':status' ? fields.values[0] ?? '' : ''
  return /^[1-5]\d\d$/.test(value) && value !== '101' ? Number(value) : undefined
}

/**
 * A developer's response as the caller gets it, as `reframeResponse` does it for HTTP/1.x: no cache between us and the
 * caller may hand it to somebody else.
 *
 * @param varyBy the fields that chose it; undefined for a global intercept.
 */
export function writeDivertedFields (fields: HeaderList, intercept: string, varyBy: string | undefined): HeaderList {
  const written = new HeaderList()
  for (let index = 0; index < fields.length; index++) {
    const name = fields.names[index] as string
    if (CACHE_HEADERS.has(name) || HOP_BY_HOP.has(name)) continue
    written.add(name, fields.values[index] as string, fields.neverIndexed[index] === true)
  }
  written.add(DIVERTED_TO_HEADER, intercept, false)
  written.add('cache-control', 'private, no-store', false)
  if (varyBy !== undefined) written.add('vary', varyBy, false)
  return written
}
