import { isPreviewName, isPreviewToken, previewName } from '../intercepts/preview.ts'
import { readTokens } from './cookie.ts'
import type { Ended, Found, Link } from './links.ts'
import { isOwnOrigin, mayRead, type Provenance } from './own-origin.ts'

/** What decides about a request. */
export type Visit = Provenance & {
  readonly method: string
  /** Host or :authority, as sent; undefined where there is not one of it. */
  readonly authority: string | undefined
  /** Request target, as sent. */
  readonly target: string
  /** Cookie lines. */
  readonly cookies: readonly string[]
  readonly isUpgrade: boolean
  /** Whether a browser asks for the script of a service worker. */
  readonly isWorker: boolean
}

/** Why a visitor sees a page of ours instead of the app. */
export type Reason = Ended | 'misdirected' | 'method' | 'link-needed' | 'foreign' | 'worker' | 'unreachable' | 'unfit' | 'busy' | 'blind'

export type Decision =
  | { readonly kind: 'page', readonly reason: Reason }
  /** To the preview's own origin, where the cookie can be set. */
  | { readonly kind: 'swap', readonly location: string }
  | { readonly kind: 'enter', readonly location: string, readonly token: string, readonly link: Link }
  | { readonly kind: 'forward', readonly link: Link, readonly origin: string, readonly token: string }

export type DecideDeps = {
  readonly domain: string
  readonly find: (token: string) => Found
}

/** Ours in every preview's origin; no request below it reaches an app. */
const OWN_PATH = '/.waylay/'
const ENTER_PATH = `${OWN_PATH}enter/`
const SAFE = new Set(['GET', 'HEAD'])
/** Answers what the gateway itself would be asked with CONNECT, and shows visitors' cookies with TRACE. */
const NEVER = new Set(['CONNECT', 'TRACE'])

/** Nothing in a request but its host's first label, compared with what stands in the cluster, chooses where it goes. */
export function decide (visit: Visit, { domain, find }: DecideDeps): Decision {
  const label = labelOf(visit.authority, domain)
  if (label === undefined || !visit.target.startsWith('/')) return page('misdirected')
  if (NEVER.has(visit.method)) return page('method')
  if (isPreviewToken(label)) return swap(visit, label, domain, find)
  if (!isPreviewName(label)) return page('unknown')
  const origin = `https://${label}.${domain}`
  if (visit.target.startsWith(ENTER_PATH)) return enter(visit, label, origin, find)
  if (visit.target.startsWith(OWN_PATH)) return page('unknown')
  return show(visit, label, origin, find)
}

function swap (visit: Visit, token: string, domain: string, find: DecideDeps['find']): Decision {
  const found = find(token)
  if (found.kind !== 'live') return page(found.kind)
  if (!SAFE.has(visit.method) || visit.isUpgrade) return page('method')
  return { kind: 'swap', location: `https://${found.link.name}.${domain}${ENTER_PATH}${token}${visit.target}` }
}

function enter (visit: Visit, label: string, origin: string, find: DecideDeps['find']): Decision {
  const [, token = '', target = ''] = /^([^/?]*)(.*)$/s.exec(visit.target.slice(ENTER_PATH.length)) ?? []
  if (!isTokenFor(label, token)) return page('unknown')
  const found = find(token)
  if (found.kind !== 'live') return page(found.kind)
  if (!SAFE.has(visit.method) || visit.isUpgrade) return page('method')
  // Behind our own origin: whatever the target is, it leads nowhere else.
  const location = `${origin}${target.startsWith('/') ? target : `/${target}`}`
  return { kind: 'enter', location, token, link: found.link }
}

function show (visit: Visit, label: string, origin: string, find: DecideDeps['find']): Decision {
  const token = readTokens(visit.cookies).find(value => isTokenFor(label, value))
  // The same whether there is a preview of that name or not.
  if (token === undefined) return page('link-needed')
  const found = find(token)
  if (found.kind !== 'live') return page(found.kind)
  const isAllowed = visit.isUpgrade || !SAFE.has(visit.method) ? isOwnOrigin(visit, origin) : mayRead(visit)
  if (!isAllowed) return page('foreign')
  // One would read the link when it is opened again, and show what it keeps when the link has ended.
  if (visit.isWorker) return page('worker')
  return { kind: 'forward', link: found.link, origin, token }
}

function isTokenFor (label: string, token: string): boolean {
  return isPreviewToken(token) && previewName(token) === label
}

/** The one label in front of the domain. Undefined for every other host. */
function labelOf (authority: string | undefined, domain: string): string | undefined {
  const [, host = ''] = /^([^:@]*)(?::\d{1,5})?$/.exec(authority ?? '') ?? []
  const suffix = `.${domain.split(':', 1)[0]}`
  const name = host.toLowerCase().replace(/\.$/, '')
  const label = name.endsWith(suffix) ? name.slice(0, -suffix.length) : ''
  return label === '' || label.includes('.') ? undefined : label
}

function page (reason: Reason): Decision {
  return { kind: 'page', reason }
}
