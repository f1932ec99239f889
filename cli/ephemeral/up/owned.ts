import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import { referTo } from '../../../environments/owner.ts'
import type { Found } from '../../cluster/objects.ts'
import type { Manifest } from '../../manifests.ts'
import { ownerUidOf } from '../environment-parts.ts'

/** `Deployment/payments-pr-123`: one object of a namespace. */
export function keyOf ({ kind, metadata: { name } }: Pick<Manifest, 'kind' | 'metadata'>): string {
  return `${kind}/${name}`
}

/** The object with the Environment as its owner: it goes with it, and the Environment goes after it. */
export function withOwner (manifest: Manifest, name: string, uid: string): Manifest {
  const namespace = manifest.metadata.namespace ?? ''
  const owner = { ...referTo({ namespace, name, uid }), blockOwnerDeletion: true }
  const metadata = { ...manifest.metadata, ownerReferences: [owner] }
  return { ...manifest, metadata }
}

/** Whose an object is that has a name that we want. */
export type Belonging = 'ours' | 'leftover' | 'foreign'

/** @param uid of the Environment; undefined where it is not made yet. */
export function belongingOf (found: Found, name: string, uid: string | undefined): Belonging {
  if (found.metadata.labels?.[ENVIRONMENT_LABELS.environment] !== name) return 'foreign'
  const owner = ownerUidOf(found)
  if (owner === undefined) return 'foreign'
  return owner === uid ? 'ours' : 'leftover'
}

export function taken ({ kind, metadata: { name, namespace = '' } }: Manifest, environment: string): WaylayError {
  const what = `${kind} ${namespace}/${name}`
  return new WaylayError('WAYLAY_ENVIRONMENT_TAKEN', `${what} is there already and does not belong to the environment ${environment}`,
    { hint: `Choose another name for the environment, or look what it is for: kubectl -n ${namespace} describe ${kind.toLowerCase()} ${name}` })
}
