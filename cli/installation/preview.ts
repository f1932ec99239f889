import { isDeepStrictEqual } from 'node:util'
import type { Objects } from '../cluster/objects.ts'
import type { Manifest } from '../manifests.ts'
import type { PlannedChange } from './change.ts'
import { isEnding } from './until-gone.ts'

// What makes an installation stricter, and is no reason not to have one.
const OPTIONAL_KINDS: ReadonlySet<string> = new Set(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'])

/** Asks the API server (`dryRun=All`) what applying would do to each object; nothing is kept. */
export async function previewChanges (
  objects: Objects, manifests: readonly Manifest[], force: boolean, signal: AbortSignal
): Promise<readonly PlannedChange[]> {
  const planned: PlannedChange[] = []
  for (const manifest of manifests) {
    signal.throwIfAborted()
    planned.push(await previewOne(objects, manifest, force))
  }
  return planned
}

async function previewOne (objects: Objects, manifest: Manifest, force: boolean): Promise<PlannedChange> {
  if (OPTIONAL_KINDS.has(manifest.kind) && !await objects.isKnown(manifest)) {
    return { manifest, change: 'omit', conflicts: [] }
  }
  const before = await objects.get(manifest)
  const applied = await objects.apply(manifest, { dryRun: true, force })
  if (applied.kind === 'conflict') return { manifest, change: 'change', conflicts: applied.conflicts }
  if (before === undefined || isEnding(before) || applied.kind === 'no-namespace') return { manifest, change: 'create', conflicts: [] }
  const isSame = isDeepStrictEqual(withoutBookkeeping(before), withoutBookkeeping(applied.object))
  return { manifest, change: isSame ? 'keep' : 'change', conflicts: [] }
}

/** The object without what the API server and controllers write about it. */
function withoutBookkeeping (object: unknown): unknown {
  const { metadata, ...rest } = object as { readonly metadata?: object }
  return { ...rest, status: undefined, metadata: { ...metadata, ...NO_BOOKKEEPING } }
}

const NO_BOOKKEEPING = { managedFields: undefined, resourceVersion: undefined, generation: undefined }
