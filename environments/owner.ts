import { API_GROUP, API_VERSION, COMPANION_VARIABLE, ENVIRONMENT_KIND } from '../common/contract.ts'
import { WaylayError } from '../common/errors.ts'

/** Which environment something belongs to. */
export type EnvironmentOwner = {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** As it stands in `metadata.ownerReferences`: what has one goes with the environment. */
export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller: boolean
  readonly blockOwnerDeletion?: boolean
}

const COMPANION = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/([a-z](?:[-a-z0-9]{0,38}[a-z0-9])?)\/([0-9a-fA-F-]{1,64})$/

/**
 * Reads what a companion is told: `<namespace>/<environment>/<uid>`.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`.
 */
export function readCompanion (text: string): EnvironmentOwner {
  const [, namespace, name, uid] = COMPANION.exec(text) ?? []
  if (namespace !== undefined && name !== undefined && uid !== undefined) return { namespace, name, uid }
  throw new WaylayError('WAYLAY_USAGE', `${COMPANION_VARIABLE} is "${text}"`,
    { hint: 'Only the Deployment that "waylay env up" makes has this variable: <namespace>/<environment>/<uid>' })
}

export function referTo ({ name, uid }: EnvironmentOwner): OwnerReference {
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: ENVIRONMENT_KIND, name, uid, controller: false }
}
