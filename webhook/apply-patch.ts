// The package's own types are full of `any`; nobody else imports it.
import jsonpatch from 'jsonpatch'
import type { Operation } from './operation.ts'

const apply = jsonpatch.apply_patch as (document: unknown, patch: readonly Operation[]) => unknown

/**
 * Applies a JSON Patch (RFC 6902) to a copy, which shares with the document what the patch does not touch: the package
 * copies the objects on the way to each change and no others.
 *
 * @throws {Error} when a path is not there; the document given stays as it was.
 */
export function applyPatch (document: unknown, patch: readonly Operation[]): unknown {
  try {
    return apply(document, patch)
  } catch (error) {
    // The package throws objects that only look like errors, without a stack.
    throw new Error(`The patch does not apply: ${(error as Error).message}`)
  }
}
