import type { FoundBundle } from './bundle.ts'
import { isTrustedUnder } from './judge.ts'
import type { Served } from './supplied.ts'

export type SuppliedDeps = {
  /** The certificate that is supplied instead of ours, where the settings name one. */
  readonly readSupplied?: () => Promise<Served>
}

/** What became of reading it. */
export type Supplied = {
  readonly served?: Served
  readonly trouble?: Error
  /** Whether cert-manager or the administrator writes the bundle. */
  readonly isBundleTheirs: boolean
}

/**
 * Reads the supplied certificate; undefined where there is to be none. Trouble is not thrown: our own keys have to be
 * kept all the same, for tickets are signed with one of them.
 */
export function createSuppliedReader (
  { readSupplied }: SuppliedDeps
): (bundle: FoundBundle) => Promise<Supplied | undefined> {
  // As long as none was good, nobody knows whose the bundle is.
  let isBundleTheirs = true
  return async bundle => {
    if (readSupplied === undefined) return undefined
    try {
      const served = await readSupplied()
      isBundleTheirs = bundle.isInjected || served.anchors.length === 0
      if (served.anchors.length > 0) return { served, isBundleTheirs }
      const anchors = bundle.certificates.filter(anchor => isTrustedUnder(served.pair.certificate, anchor))
      return { served: { ...served, anchors }, isBundleTheirs }
    } catch (error) {
      return { trouble: error instanceof Error ? error : new Error(String(error)), isBundleTheirs }
    }
  }
}
