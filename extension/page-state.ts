import { readHeader } from './header.ts'
import { isProblem } from './problem.ts'
import type { Settings } from './settings.ts'
import { isOfSite, readSite, type Site } from './site.ts'

/** What happens to the requests of one page. */
export type PageState =
  /** It is no page of the web, or we may not know which. */
  | { readonly kind: 'none' }
  /** Its host is in no site of the list. */
  | { readonly kind: 'elsewhere', readonly host: Site }
  | { readonly kind: 'off' | 'no-value' | 'on', readonly host: Site, readonly site: Site }

/** @param url Of the page; undefined where the browser does not tell. */
export function pageStateOf (settings: Settings, url: string | undefined): PageState {
  if (url === undefined || !/^https?:/.test(url)) return { kind: 'none' }
  const host = readSite(new URL(url).hostname)
  if (isProblem(host)) return { kind: 'none' }
  const site = settings.sites.find(site => isOfSite(site, url))
  if (site === undefined) return { kind: 'elsewhere', host }
  if (isProblem(readHeader(settings.name, settings.value))) return { kind: 'no-value', host, site }
  return { kind: settings.on ? 'on' : 'off', host, site }
}

/** For the tooltip of the button. */
export function titleOf (state: PageState, { name, value }: Settings): string {
  switch (state.kind) {
    case 'on': return `waylay: on. ${state.host} gets ${name}: ${value}`
    case 'off': return `waylay: off. ${state.host} gets no header`
    case 'no-value': return 'waylay: there is no value to send yet'
    case 'elsewhere': case 'none': return 'waylay: this page gets no header'
  }
}
