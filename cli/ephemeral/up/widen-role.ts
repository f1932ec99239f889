import { isDeepStrictEqual } from 'node:util'
import type { Manifest } from '../../manifests.ts'

type Ruled = { readonly rules?: readonly object[] }

/**
 * The companion's Role for as long as the companion of before still runs: without its rights it could not let go of
 * what the one of now does not hold any more.
 */
export function widenRole (manifest: Manifest, before: Manifest | undefined): Manifest {
  const { rules = [] } = manifest as Manifest & Ruled
  const missing = lostRules(manifest, before)
  return missing.length === 0 ? manifest : { ...manifest, rules: [...rules, ...missing] } as Manifest
}

/** Rules that the Role had and is not to have any more. */
export function lostRules (manifest: Manifest, before: Manifest | undefined): readonly object[] {
  if (manifest.kind !== 'Role' || before === undefined) return []
  const { rules = [] } = manifest as Manifest & Ruled
  const { rules: had = [] } = before as Manifest & Ruled
  return had.filter(rule => !rules.some(wanted => isDeepStrictEqual(wanted, rule)))
}
