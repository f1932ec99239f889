import type { Field } from '../browse/fields.ts'
import { toPreviewFields } from '../browse/response-fields.ts'
import type { Mapping } from '../browse/url-map.ts'
import { keptPrivate } from './cache-fields.ts'
import { setsToken } from './cookie.ts'
import { withoutHops } from './hops.ts'

/** The header lines of the app's answer as the visitor's browser gets them. */
export function callerFields (fields: readonly Field[], mapping: Mapping): Field[] {
  const sent = withoutHops(fields).filter(([name, value]) => name !== 'set-cookie' || !setsToken(value))
  return keptPrivate(toPreviewFields(sent, mapping))
}

// RFC 9110 has them once. Apps behind a server that adds what they have set already send them twice, and Node writes no
// such answer to HTTP/2.
const SINGLE = new Set([
  'access-control-allow-credentials', 'access-control-max-age', 'age', 'content-location', 'content-md5', 'content-range',
  'content-type', 'date', 'etag', 'expires', 'last-modified', 'location', 'retry-after', 'x-content-type-options'
])
/** Lists, but for Node: one line in HTTP/2. */
const JOINED = new Set(['content-encoding', 'content-language'])

/**
 * Lines of one name together, as Node's `setHeader` takes them: name as it was sent, and every value. Of what may stand
 * there once the last line counts.
 */
export function grouped (fields: readonly Field[]): readonly (readonly [name: string, values: string | string[]])[] {
  const byName = new Map<string, { readonly name: string, readonly values: string[] }>()
  for (const [lowerCase, value, name = lowerCase] of fields) {
    const group = byName.get(lowerCase) ?? { name, values: [] }
    group.values.push(value)
    byName.set(lowerCase, group)
  }
  return [...byName].map(([lowerCase, { name, values }]) => [name, oneOrAll(lowerCase, values)])
}

function oneOrAll (name: string, values: string[]): string | string[] {
  if (JOINED.has(name)) return values.join(', ')
  return values.length === 1 || SINGLE.has(name) ? values.at(-1) ?? '' : values
}
