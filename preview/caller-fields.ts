import type { Field } from '../browse/fields.ts'
import { toPreviewFields } from '../browse/response-fields.ts'
import type { Mapping } from '../browse/url-map.ts'
import { setsToken } from './cookie.ts'
import { withoutHops } from './hops.ts'

/** The header lines of the app's answer as the visitor's browser gets them. */
export function callerFields (fields: readonly Field[], mapping: Mapping): Field[] {
  const sent = withoutHops(fields).filter(([name, value]) => name !== 'set-cookie' || !setsToken(value))
  return toPreviewFields(sent, mapping)
}

/** Lines of one name together, as Node's `setHeader` takes them: name as it was sent, and every value. */
export function grouped (fields: readonly Field[]): readonly (readonly [name: string, values: string | string[]])[] {
  const byName = new Map<string, { readonly name: string, readonly values: string[] }>()
  for (const [lowerCase, value, name = lowerCase] of fields) {
    const group = byName.get(lowerCase) ?? { name, values: [] }
    group.values.push(value)
    byName.set(lowerCase, group)
  }
  return [...byName.values()].map(({ name, values }) => [name, values.length === 1 ? values[0] ?? '' : values])
}
