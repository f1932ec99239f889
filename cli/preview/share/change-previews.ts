import { WaylayError } from '../../../common/errors.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import type { Preview } from '../../../intercepts/preview.ts'

/** The calls that a change is made of. */
export type ChangeDeps = {
  readonly read: (intercept: Intercept) => Promise<Intercept | undefined>
  readonly update: (intercept: Intercept) => Promise<Intercept | 'changed' | 'gone'>
}

// Its holder renews it every 5 seconds: one such moment is no wonder, ten are.
const MAX_TRIES = 10

/**
 * Changes the previews of an Intercept as it is at that moment, and nothing else of it.
 *
 * @param change what is there -> what is to be there.
 * @returns the object as stored.
 * @throws {WaylayError} `WAYLAY_INTERCEPT_UNKNOWN` when it is gone, or somebody else's by now.
 */
export async function changePreviews (
  intercept: Intercept, change: (previews: readonly Preview[]) => readonly Preview[], { read, update }: ChangeDeps
): Promise<Intercept> {
  const { metadata: { name, uid }, spec: { owner } } = intercept
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const current = await read(intercept)
    if (current === undefined || current.metadata.uid !== uid || current.spec.owner !== owner) break
    const previews = change(current.spec.previews ?? [])
    const stored = await update({ ...current, spec: { ...current.spec, previews } })
    if (stored === 'gone') break
    if (stored !== 'changed') return stored
  }
  throw new WaylayError('WAYLAY_INTERCEPT_UNKNOWN', `The intercept ${name} has ended, or changed hands`)
}
