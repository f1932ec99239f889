import { toPreviewPolicy } from './content-policy.ts'
import { withValue, type Field } from './fields.ts'
import { toPreviewRefresh } from './refresh.ts'
import { toPreviewCookie } from './set-cookie.ts'
import { toPreviewUrl, type Mapping } from './url-map.ts'

/**
 * The header lines of the app's answer as a browser in the preview is to read them: redirects, cookies and policies
 * lead back to the preview. Nothing in the body is changed.
 *
 * @param fields as the app sent them.
 */
export function toPreviewFields (fields: readonly Field[], mapping: Mapping): Field[] {
  const isPlain = mapping.preview.startsWith('http:')
  const map = (url: string): string => toPreviewUrl(url, mapping)
  return fields.filter(field => !leadsAway(field, isPlain)).map(field => {
    const [name, value] = field
    switch (name) {
      case 'location':
      case 'content-location':
      case 'access-control-allow-origin': return withValue(field, map(value))
      case 'refresh': return withValue(field, toPreviewRefresh(value, mapping))
      case 'set-cookie': return withValue(field, toPreviewCookie(value, isPlain))
      case 'content-security-policy':
      case 'content-security-policy-report-only': return withValue(field, toPreviewPolicy(value, mapping, isPlain))
      default: return field
    }
  })
}

/** Would have the browser remember, for this host and whatever else runs on it, to go elsewhere or to speak TLS. */
function leadsAway ([name]: Field, isPlain: boolean): boolean {
  return name === 'alt-svc' || (isPlain && name === 'strict-transport-security')
}
