import type { Problem } from './problem.ts'

/**
 * Where the header is sent: `shop.example.org`, that host alone, or `*.example.org`, every host below it but not that
 * one. Every port, http and https, WebSockets too.
 */
export type Site = string

const WILDCARD = '*.'

/** Browsers give each rule 2 KiB for its expression, compiled. */
export const MAX_HOST_LENGTH = 80

/** Reads what was typed: a host, a pattern, or the address of a page, of which the host is taken. */
export function readSite (text: string): Site | Problem {
  const given = text.trim().replace(/^(?:https?|wss?):\/\//i, '')
  const [authority = ''] = given.split(/[/?#]/, 1)
  if (authority === '') return { problem: 'A site is a host, for example shop.example.org or *.example.org' }
  const isPattern = authority.startsWith(WILDCARD)
  const host = hostOf(isPattern ? authority.slice(WILDCARD.length) : authority)
  if (host === undefined) {
    return { problem: `"${authority}" is no host. A star may stand for the first part alone: *.example.org` }
  }
  if (host.length > MAX_HOST_LENGTH) return { problem: `A host has at most ${MAX_HOST_LENGTH} characters here` }
  // Everything below "org" or "localhost" is more than anybody's own.
  if (isPattern && !/^[^.[]+(?:\.[^.]+)*\.[^.\d][^.]*$/.test(host)) {
    return { problem: `"${authority}" would be too many sites` }
  }
  return isPattern ? WILDCARD + host : host
}

/** The host as browsers write it: lower case, in ASCII. Names and addresses only: no user, no star, no blank. */
function hostOf (text: string): string | undefined {
  if (/[\s@*%\\]/.test(text) || !URL.canParse(`http://${text}`)) return undefined
  const host = new URL(`http://${text}`).hostname.replace(/\.$/, '')
  return host === '' ? undefined : host
}

/** Whether the page or request at `url` is of this site. The rules that browsers apply mean the same: rules.ts. */
export function isOfSite (site: Site, url: string): boolean {
  return new RegExp(regexOf(site), 'i').test(url)
}

/** The one of `sites` that everything of `site` is also of, if any. */
export function coveringSite (sites: readonly Site[], site: Site): Site | undefined {
  return sites.find(other => isOfSite(other, `http://${site.replace('*', 'any')}/`))
}

/** For a rule's `regexFilter`. Whatever it does not know, such as a user name before the host, is another site. */
export function regexOf (site: Site): string {
  const isPattern = site.startsWith(WILDCARD)
  const host = (isPattern ? site.slice(WILDCARD.length) : site).replace(/[.[\]]/g, '\\$&')
  return `^(?:https?|wss?)://${isPattern ? '[a-z0-9_.-]+\\.' : ''}${host}(?::\\d+)?/`
}

/** What the browser must have been allowed for it. Its own star for schemes leaves WebSockets out. */
export function originsOf (site: Site): string[] {
  return ['*', 'ws', 'wss'].map(scheme => `${scheme}://${site}/*`)
}
