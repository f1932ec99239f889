/** What a browser says about the page that a request comes from. */
export type Provenance = {
  readonly origin: string | undefined
  /** Sec-Fetch-Site. */
  readonly fetchSite: string | undefined
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
