/** How far two versions of waylay's parts are apart. `fine`: they were made to work together. */
export type Skew = 'same' | 'fine' | 'far' | 'unknown'

/** One minor apart is fine, whichever is newer: nobody updates a cluster and every laptop in the same minute. */
export function skewOf (one: string, other: string): Skew {
  if (one === other) return 'same'
  const [a, b] = [readVersion(one), readVersion(other)]
  if (a === undefined || b === undefined) return 'unknown'
  return a.major === b.major && Math.abs(a.minor - b.minor) <= 1 ? 'fine' : 'far'
}

function readVersion (text: string): { readonly major: number, readonly minor: number } | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)\.\d+(?:[-+].*)?$/.exec(text) ?? []
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) }
}
