import { toPreviewUrl, type Mapping } from './url-map.ts'

/** What stands before the URL of `5; url="/login"`. Each part may be missing, so that it never tries another way. */
const BEFORE_URL = /^\s*[\d.]*\s*[;,]?\s*(?:url\s*=\s*)?(["']?)/i

/** The value of a Refresh line, read as browsers do, with its URL in the preview. Takes time linear in its length. */
export function toPreviewRefresh (value: string, mapping: Mapping): string {
  const [before = '', quote = ''] = BEFORE_URL.exec(value) ?? []
  const closing = quote === '' ? -1 : value.indexOf(quote, before.length)
  const end = closing === -1 ? value.length : closing
  return before + toPreviewUrl(value.slice(before.length, end), mapping) + value.slice(end)
}
