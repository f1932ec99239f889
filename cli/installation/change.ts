import type { FieldConflict } from '../cluster/objects.ts'
import type { Manifest } from '../manifests.ts'

/** What happens to one object. `omit`: this cluster is too old for it, and it is no reason to have no installation. */
export type Change = 'create' | 'change' | 'keep' | 'omit' | 'remove'

export type PlannedChange = {
  readonly manifest: Manifest
  readonly change: Change
  /** Fields that somebody else holds. */
  readonly conflicts: readonly FieldConflict[]
}

/** `Deployment waylay-system/waylay-webhook`. */
export function nameOf ({ kind, metadata: { name, namespace } }: Manifest): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

/** One for each object: its kind, its namespace and its name say which it is. */
export function keyOf ({ kind, metadata: { name, namespace = '' } }: Manifest): string {
  return `${kind}/${namespace}/${name}`
}
