import { isDeepStrictEqual } from 'node:util'
import { ENVIRONMENT_KIND } from '../../common/contract.ts'
import { companionName } from '../../environments/names.ts'
import type { AdmissionRequest } from '../review.ts'
import type { InterceptDeps } from './deps.ts'
import type { Holding } from './wish.ts'

type Metadata = {
  readonly labels?: unknown
  readonly annotations?: unknown
  readonly finalizers?: unknown
  readonly ownerReferences?: readonly { readonly kind?: unknown, readonly name?: unknown }[]
}

/**
 * Whether an update changes the previews of an Intercept that an environment's companion holds, changes nothing else,
 * and comes from somebody who may update that environment: a companion shares nothing by itself, and whoever may decide
 * what its environment runs may show it to others.
 */
export async function changesEnvironmentPreviews (
  { object, oldObject, namespace, userInfo }: AdmissionRequest, { owner }: Holding, deps: InterceptDeps
): Promise<boolean> {
  const { ownerReferences = [] } = metadataOf(oldObject)
  const name = ownerReferences.find(({ kind }) => kind === ENVIRONMENT_KIND)?.name
  // An owner reference is what its holder wrote: of a developer's own intercept it says nothing.
  if (typeof name !== 'string' || owner !== `system:serviceaccount:${namespace}:${companionName(name)}`) return false
  if (owner === userInfo.username || !isDeepStrictEqual(restOf(object), restOf(oldObject))) return false
  return await deps.mayChangeEnvironment(userInfo, namespace, name)
}

/** All of it that somebody could change, but for the previews. */
function restOf (object: unknown): unknown {
  const { labels, annotations, finalizers, ownerReferences } = metadataOf(object)
  const spec = { ...(object as { readonly spec?: object } | null)?.spec, previews: undefined }
  return { labels, annotations, finalizers, ownerReferences, spec }
}

function metadataOf (object: unknown): Metadata {
  return (object as { readonly metadata?: Metadata } | null)?.metadata ?? {}
}
