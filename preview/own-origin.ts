/** What a browser says about the page that a request comes from. */
export type Provenance = {
  readonly origin: string | undefined
  /** Sec-Fetch-Site, -Mode and -Dest. */
  readonly fetchSite: string | undefined
  readonly fetchMode: string | undefined
  readonly fetchDest: string | undefined
}

/**
 * Whether a request that changes something comes from the preview itself. All previews are one site to a browser, so
 * that its SameSite cookies travel from one to the other: `Origin` tells them apart.
 *
 * A request that says nothing comes from no browser, and so with no cookie but the one that its sender holds anyway.
 */
export function isOwnOrigin ({ origin, fetchSite }: Provenance, own: string): boolean {
  if (origin !== undefined && origin !== 'null') return origin === own
  // A page whose policy is no-referrer sends `null` to itself too; only a browser can say the other word.
  if (fetchSite !== undefined) return fetchSite === 'same-origin' || (fetchSite === 'none' && origin === undefined)
  return origin === undefined
}

/**
 * Whether a request that only reads may have its answer: a page of another origin may lead a visitor here, in a tab of
 * its own, and neither frame what is here nor run it as a script. Browsers alone say where a request comes from.
 */
export function mayRead ({ fetchSite, fetchMode, fetchDest }: Provenance): boolean {
  if (fetchSite !== 'same-site' && fetchSite !== 'cross-site') return true
  return fetchMode === 'navigate' && fetchDest === 'document'
}
