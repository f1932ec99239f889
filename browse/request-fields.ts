import { withValue, type Field } from './fields.ts'
import { setRouting, type RoutingHeader } from './routing-fields.ts'
import { toAppUrl, type Mapping } from './url-map.ts'

/**
 * The header lines of a preview's request as the app is to read them: it is called by its own name, and comes from
 * there, so that checks of Host, Origin and Referer hold. What other sites say of themselves stays as it is.
 *
 * Lines that belong to one connection (Connection, Keep-Alive, …) are the matter of whoever speaks to the app.
 *
 * @param fields as the browser sent them; exactly one Host where there is one at all.
 */
export function toAppFields (
  fields: readonly Field[], mapping: Mapping, routing: readonly RoutingHeader[]
): Field[] {
  return setRouting(fields, routing).map(field => {
    const [name, value] = field
    switch (name) {
      case 'host': return withValue(field, mapping.app.host)
      case 'origin':
      case 'referer': return withValue(field, toAppUrl(value, mapping))
      default: return field
    }
  })
}
