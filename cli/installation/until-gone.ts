import { setTimeout as delay } from 'node:timers/promises'
import { WaylayError } from '../../common/errors.ts'
import type { Found, Objects } from '../cluster/objects.ts'
import type { Manifest } from '../manifests.ts'
import type { Output } from '../terminal/output.ts'
import { nameOf } from './change.ts'
import { chooseManifests } from './choose-manifests.ts'

const POLL_MS = 300

export type EndingDeps = {
  readonly objects: Objects
  readonly output: Output
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** Whether an object, as the API server has it, was deleted and waits for what belongs to it. */
export function isEnding (object: unknown): boolean {
  return (object as Found | undefined)?.metadata.deletionTimestamp !== undefined
}

/**
 * Waits until no object of an installation is on its way out, from an upgrade or a removal just before: what is applied
 * to such an object is taken, and goes with it.
 *
 * @throws {WaylayError} `WAYLAY_INSTALL_FAILED` where one stays.
 */
export async function untilNoneEnds ({ objects, output, signal, timeoutMs }: EndingDeps): Promise<void> {
  // With everything that some installation may have.
  const manifests = await chooseManifests({ imagePullSecret: 'any', previewDomain: 'any' })
  const isEndingNow = await Promise.all(manifests.map(async manifest => isEnding(await objects.get(manifest))))
  for (const manifest of manifests.filter((_, index) => isEndingNow[index])) {
    output.note(`  waiting until ${nameOf(manifest)} is gone, which was deleted`)
    if (await untilGone(objects, manifest, timeoutMs, signal)) continue
    const { kind, metadata: { name, namespace } } = manifest
    const place = namespace === undefined ? '' : `-n ${namespace} `
    throw new WaylayError('WAYLAY_INSTALL_FAILED',
      `${nameOf(manifest)} was deleted, and is still on its way out after ${Math.round(timeoutMs / 1000)} s`,
      { hint: `See which finalizer holds it: kubectl ${place}get ${kind.toLowerCase()} ${name} -o yaml` })
  }
}

/** Waits for one that was deleted. False: it is still on its way out. */
export async function untilGone (
  objects: Objects, manifest: Manifest, timeoutMs: number, signal?: AbortSignal
): Promise<boolean> {
  const untilMs = performance.now() + timeoutMs
  while (isEnding(await objects.get(manifest))) {
    signal?.throwIfAborted()
    if (performance.now() > untilMs) return false
    await delay(POLL_MS)
  }
  return true
}
