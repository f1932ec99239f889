import { GRANT_LABELS } from '../cluster/grants.ts'
import { FIELD_MANAGER, type Found, type Objects } from '../cluster/objects.ts'
import { CREATED_KINDS, type Manifest } from '../manifests.ts'
import { keyOf } from './change.ts'

/** On everything of waylay's, whoever made it. */
const OUR_LABEL = 'app.kubernetes.io/name=waylay'
const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by'
const COMPONENT_LABEL = 'app.kubernetes.io/component'

// A newer version that has one no more must not take the objects of users along.
const KEPT_KINDS: ReadonlySet<string> = new Set(['Namespace', 'CustomResourceDefinition'])

/**
 * What an older version's `waylay install` applied and this version does not have. Our label alone is not enough:
 * anybody may write it.
 */
export async function findStale (objects: Objects, manifests: readonly Manifest[]): Promise<readonly Manifest[]> {
  const known = new Set(manifests.map(keyOf))
  return (await findLabelled(objects))
    .filter(found => !KEPT_KINDS.has(found.kind) && isAppliedByUs(found) && !known.has(keyOf(found)))
}

/** What of ours is there beside the manifests of this version: applied by another one, or made while waylay ran. */
export async function findOthers (objects: Objects, manifests: readonly Manifest[]): Promise<readonly Manifest[]> {
  const known = new Set(manifests.map(keyOf))
  return (await findLabelled(objects))
    .filter(found => (isAppliedByUs(found) || isMadeByUs(found)) && !known.has(keyOf(found)))
}

async function findLabelled (objects: Objects): Promise<readonly Found[]> {
  return (await Promise.all(CREATED_KINDS.map(async kind => await objects.list(kind, OUR_LABEL)))).flat()
}

function isAppliedByUs ({ metadata: { managedFields = [] } }: Found): boolean {
  return managedFields.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply')
}

/** Namespaces of probes, grants, copies of the pull secret. */
function isMadeByUs ({ metadata: { labels = {} } }: Found): boolean {
  return labels[MANAGED_BY_LABEL] === 'waylay' || labels[COMPONENT_LABEL] === GRANT_LABELS[COMPONENT_LABEL]
}
