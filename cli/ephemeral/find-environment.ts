import { WaylayError } from '../../common/errors.ts'
import { readEnvironmentName } from '../../environments/names.ts'
import type { Environment } from '../../environments/object.ts'
import { getEnvironment } from '../cluster/environments.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'

/**
 * The environment of that name in the cluster's namespace.
 *
 * @throws {WaylayError} `WAYLAY_ENVIRONMENT_UNKNOWN` where there is none, or only one on its way out; `WAYLAY_USAGE`.
 */
export async function findEnvironment (cluster: Cluster, name: string): Promise<Environment> {
  const { namespace } = cluster
  const found = await getEnvironment(cluster, namespace, readEnvironmentName(name))
  if (found !== undefined && found.metadata.deletionTimestamp === undefined) return found
  throw unknownEnvironment(namespace, name, found !== undefined)
}

export function unknownEnvironment (namespace: string, name: string, isEnding: boolean): WaylayError {
  return new WaylayError('WAYLAY_ENVIRONMENT_UNKNOWN', isEnding
    ? `The environment "${name}" in namespace "${namespace}" is being removed`
    : `There is no environment "${name}" in namespace "${namespace}"`)
}
