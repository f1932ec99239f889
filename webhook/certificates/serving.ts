import { X509Certificate } from 'node:crypto'
import { WaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import { isTrustedUnder } from './judge.ts'
import { fingerprint } from './pem.ts'
import { PUBLISH_MS } from './rotation.ts'
import type { Sightings } from './sightings.ts'
import type { Served } from './supplied.ts'

export type ServingDeps = {
  /** Called with every pair to serve that differs from the last. */
  readonly serve: (served: Served) => void
  /** Called at each look with whether the API server trusts what is served. */
  readonly onTrust: (isTrusted: boolean) => void
  readonly log: Logger
}

/**
 * A replica that starts, or that was not trusted, waits this long: the bundle may have been written a moment ago, and
 * API servers see that within milliseconds. Five seconds each time would slow down every rollout.
 */
export const FIRST_TRUST_MS = 1000

/** Which pair this replica serves with. */
export type Serving = {
  /** Whom the API server must go on trusting for it. */
  readonly anchors: () => readonly string[]
  /**
   * Serves with the wanted pair as soon as that is safe.
   *
   * @param trusted whom the configuration trusts now.
   * @returns ms until it may be, or until it counts as trusted.
   * @throws {WaylayError} `WAYLAY_CERTIFICATE_SUPPLIED` where the configuration does not trust what is served.
   */
  readonly update: (wanted: Served, trusted: readonly string[]) => number | undefined
  /**
   * Goes on as it is: there is nothing good to serve instead.
   *
   * @returns for how long the configuration has trusted it, ms; undefined where it does not.
   */
  readonly keep: (trusted: readonly string[]) => number | undefined
}

/**
 * A pair is served only once the configuration has trusted it for a while: an API server that has not seen the change
 * yet would refuse us, and pods would start without waylay.
 */
export function createServing (published: Sightings, deps: ServingDeps): Serving {
  let current: Served | undefined
  let isTrusted = false
  const keep = (trusted: readonly string[]): number | undefined => {
    const ageMs = current && longestTrust(current.pair.certificate, trusted, published)
    isTrusted = ageMs !== undefined && (isTrusted || ageMs >= FIRST_TRUST_MS)
    deps.onTrust(isTrusted)
    return ageMs
  }
  return {
    anchors: () => current?.anchors ?? [],
    keep,
    update: (wanted, trusted) => {
      const ageMs = ({ pair }: Served): number | undefined => longestTrust(pair.certificate, trusted, published)
      const wantedMs = ageMs(wanted)
      let waitMs: number | undefined
      if (!isSamePair(wanted, current)) {
        const mayServe = current === undefined || ageMs(current) === undefined || (wantedMs ?? 0) >= PUBLISH_MS
        if (mayServe) {
          deps.serve(wanted)
          deps.log.info({ event: 'certificate.in-use', ...describe(wanted) }, 'certificate in use')
          current = wanted
        } else {
          waitMs = PUBLISH_MS - (wantedMs ?? 0)
        }
      } else {
        current = wanted
      }
      const keptMs = keep(trusted)
      if (keptMs === undefined) throw untrusted()
      return isTrusted ? waitMs : FIRST_TRUST_MS - keptMs
    }
  }
}

function longestTrust (chain: string, trusted: readonly string[], published: Sightings): number | undefined {
  const ages = trusted.filter(anchor => isTrustedUnder(chain, anchor))
    .flatMap(anchor => published.ageMs(fingerprint(anchor)) ?? [])
  return ages.length === 0 ? undefined : Math.max(...ages)
}

function isSamePair ({ pair }: Served, other: Served | undefined): boolean {
  return pair.certificate === other?.pair.certificate && pair.key === other.pair.key
}

function describe ({ pair }: Served) {
  const { serialNumber, validTo } = new X509Certificate(pair.certificate)
  return { serialNumber, validTo }
}

function untrusted (): WaylayError {
  return new WaylayError('WAYLAY_CERTIFICATE_SUPPLIED', 'The caBundle of the webhook configuration holds no authority that ' +
    'issued the supplied certificate: let the Secret have a ca.crt, or let cert-manager write the caBundle')
}
