import { isAppAuthority, type AppAddress } from './app-address.ts'

/** A preview as its browser sees it, and the app behind it. */
export type Mapping = {
  /** The preview's own origin: `http://127.0.0.1:24110`, `https://p-3f….preview.example.org`. */
  readonly preview: string
  readonly app: AppAddress
}

// Whoever stands before an @ is a user name; a browser would be sent there with it.
const ABSOLUTE = /^(https?:|wss?:)?\/\/([^/?#@\\]*)(?=[/?#]|$)/i

/** A URL of the app as one of the preview; all others as they are. WebSocket URLs keep being such. */
export function toPreviewUrl (url: string, { preview, app }: Mapping): string {
  const [whole, scheme = '', authority = ''] = ABSOLUTE.exec(url) ?? []
  if (whole === undefined || !isAppAuthority(authority, scheme.toLowerCase(), app)) return url
  const origin = /^ws/i.test(scheme) ? preview.replace(/^http/, 'ws') : preview
  return origin + url.slice(whole.length)
}

/** A URL of the preview as one of the app; all others as they are. */
export function toAppUrl (url: string, { preview, app }: Mapping): string {
  const rest = url.slice(preview.length)
  return url.startsWith(preview) && /^(?:[/?#]|$)/.test(rest) ? app.origin + rest : url
}
