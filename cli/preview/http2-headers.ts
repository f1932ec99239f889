import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import type { Field } from '../../browse/fields.ts'

/** Lines of one name came as one value but for cookies, as HTTP allows (RFC 9110, 5.3). */
export function toFields (headers: IncomingHttpHeaders): readonly Field[] {
  return Object.entries(headers).filter(([name]) => !name.startsWith(':')).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).map((one): Field => [name, one]))
}

/** The same way back. */
export function toHeaders (fields: readonly Field[]): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of fields) {
    const before = headers[name]
    headers[name] = before === undefined ? value : [...Array.isArray(before) ? before : [before], value]
  }
  return headers
}
