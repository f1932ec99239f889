import { isDeepStrictEqual } from 'node:util'
import { WaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { FoundBundle } from './bundle.ts'
import { readEntries, writeEntries } from './entries.ts'
import { mendKeys, trustedAuthorities, type Held, type Keys, type MendedKeys } from './keys.ts'
import { fingerprint } from './pem.ts'
import { PUBLISH_MS, rotationDueMs, turnRotation, type RotationFacts, type Turned } from './rotation.ts'
import { readMarks, writeMarks, type FoundSecret, type KeyStore } from './secret.ts'
import { createServing, type ServingDeps } from './serving.ts'
import { createSightings } from './sightings.ts'
import { createSuppliedReader, type SuppliedDeps } from './supplied-reader.ts'
import type { Served } from './supplied.ts'

/** What one look at the keys needs from outside. */
export type CheckDeps = ServingDeps & SuppliedDeps & {
  readonly store: KeyStore
  readonly readBundle: () => Promise<FoundBundle>
  readonly dnsNames: readonly string[]
  /** The API server's clock: the replicas' machines need not agree. */
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  /** Called with every set of keys that differs from the last. */
  readonly useKeys: (keys: Keys) => void
  readonly log: Logger
}

/** Between two looks at a quiet installation. Changes are seen by watching; this is for a watch that broke. */
export const CHECK_MS = 60_000
const MAX_RACES = 10

/**
 * Returns one look at everything: the Secret is mended and its rotation goes a step on, the configuration trusts whom
 * it should, and what is served is what the API server has trusted for a while. All of it is found anew each time, so
 * it does not matter who died in the middle, or which part somebody else has changed.
 *
 * @returns ms until the next look.
 */
export function createCheck (deps: CheckDeps): () => Promise<number> {
  const look = createLook(deps)
  return async () => {
    for (let race = 0; race < MAX_RACES; race += 1) {
      const dueMs = await look()
      if (dueMs !== undefined) return Math.min(dueMs, CHECK_MS)
    }
    throw new WaylayError('WAYLAY_CERTIFICATE_INVALID', `Others changed Secret or configuration ${MAX_RACES} times meanwhile`)
  }
}

function createLook (deps: CheckDeps): () => Promise<number | undefined> {
  const published = createSightings(deps.monotonicMs)
  const retired = createSightings(deps.monotonicMs)
  const serving = createServing(published, deps)
  const readSupplied = createSuppliedReader(deps)
  let used: Keys | undefined
  return async () => {
    // The configuration before the Secret: then one that was written for an older Secret cannot overwrite a newer one.
    const bundle = await deps.readBundle()
    published.see(bundle.certificates.map(fingerprint))
    const supplied = await readSupplied(bundle)
    const found = await deps.store.read()
    const anchors = [...serving.anchors(), ...supplied?.served?.anchors ?? []]
    const facts: RotationFacts = {
      nowMs: deps.nowMs(),
      dnsNames: deps.dnsNames,
      // In a bundle that is theirs, ours will never stand.
      publishMs: supplied?.served !== undefined && supplied.isBundleTheirs ? 0 : PUBLISH_MS,
      publishedMs: published.ageMs,
      previousMs: retired.ageMs,
      anchors
    }
    const keys = await settle(found, { ...(used !== undefined && { keys: used }), anchors }, facts, deps)
    if (keys === undefined) return undefined
    retired.see(keys.previous.map(fingerprint))
    if (!isDeepStrictEqual(keys, used)) deps.useKeys(keys)
    used = keys
    const trusted = trustedAuthorities(keys)
    if (supplied?.isBundleTheirs !== true && !bundle.equals(trusted)) {
      if (!await bundle.replace(trusted)) return undefined
      deps.log.info({ event: 'ca-bundle.written', authorities: trusted.length }, 'authorities written into the webhook configuration')
      published.see(trusted.map(fingerprint))
    }
    const known = supplied?.isBundleTheirs === true ? bundle.certificates : trusted
    if (supplied?.trouble !== undefined) {
      serving.keep(known)
      throw supplied.trouble
    }
    const waitMs = serving.update(supplied?.served ?? ownServed(keys), known)
    return Math.min(waitMs ?? CHECK_MS, rotationDueMs(keys, facts) ?? CHECK_MS)
  }
}

function ownServed ({ serving, authority }: Keys): Served {
  return { pair: serving, anchors: [authority.certificate] }
}

/** Mends the Secret and takes the next step of its rotation. Undefined when somebody else was faster. */
async function settle (
  found: FoundSecret | undefined, held: Held, facts: RotationFacts, deps: CheckDeps
): Promise<Keys | undefined> {
  const mended = await mendKeys(readEntries(found?.entries ?? {}), deps.dnsNames, facts.nowMs, held)
  const turned = await turnRotation(mended.keys, readMarks(found?.annotations ?? {}), facts)
  const entries = writeEntries(turned.keys, found?.entries)
  if (found === undefined) {
    // Its rotation waits for the next look: an object that is not there has no annotation.
    if (!await deps.store.create(entries)) return undefined
  } else {
    const annotations = writeMarks(found.annotations, turned.marks)
    const isSame = isDeepStrictEqual(entries, found.entries) && isDeepStrictEqual(annotations, found.annotations)
    if (!isSame && !await found.replace(entries, annotations)) return undefined
  }
  report(mended, turned, deps.log)
  return turned.keys
}

function report ({ renewed, restored }: MendedKeys, { steps }: Turned, log: Logger): void {
  if (renewed.length > 0) log.info({ event: 'keys.renewed', parts: renewed }, 'keys made and stored')
  if (restored.length > 0) log.warn({ event: 'keys.restored', parts: restored }, 'keys put back into the Secret')
  for (const step of steps) log.info({ event: `rotation.${step}` }, 'rotation of the authority went a step on')
}
