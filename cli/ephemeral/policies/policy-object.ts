import { createHash } from 'node:crypto'
import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import type { Manifest } from '../../manifests.ts'
import type { Kind } from '../../cluster/places.ts'
import type { Labels } from './label-selector.ts'

/** Whose policy it is going to be. */
export type PolicyOwner = { readonly namespace: string, readonly environment: string, readonly copy: string }

const MAX_NAME_LENGTH = 253
const HASH_LENGTH = 8

/**
 * A policy of ours. It takes nothing over from the metadata of the one that it follows: who finds a label of Argo CD,
 * Helm or kubectl on an object takes it for theirs, and prunes it.
 *
 * @param role and name of the policy that it follows, which together make its own name.
 */
export function newPolicy<T extends object> (
  kind: Kind, owner: PolicyOwner, name: readonly string[], spec: T
): Manifest & { readonly spec: T } {
  const { namespace, environment, copy } = owner
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      name: fit([copy, ...name].join('-')),
      namespace,
      labels: {
        [ENVIRONMENT_LABELS.environment]: environment,
        [ENVIRONMENT_LABELS.part]: 'policy',
        [ENVIRONMENT_LABELS.copy]: copy
      }
    },
    spec
  }
}

/** Policies of environments, this one's earlier ones among them, follow others: nothing follows them. */
export function isOurs ({ metadata }: Manifest): boolean {
  return metadata.labels?.[ENVIRONMENT_LABELS.part] === 'policy'
}

/** The labels by which a policy of ours selects pods of an environment, and nothing else. */
export function ownLabels (labels: Labels): Labels {
  return Object.fromEntries(Object.values(ENVIRONMENT_LABELS)
    .flatMap(key => labels[key] === undefined ? [] : [[key, labels[key]]]))
}

function fit (name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH)
  return `${name.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1).replace(/[-.]+$/, '')}-${hash}`
}
