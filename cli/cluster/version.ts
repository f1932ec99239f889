import { WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

// Native sidecars are on by default since.
const OLDEST_MINOR = 29

/**
 * Asks the API server for its version, `v1.34.4`.
 *
 * @throws {WaylayError} `WAYLAY_CLUSTER_TOO_OLD` naming it.
 */
export async function checkVersion (cluster: Cluster): Promise<string> {
  const { body } = await callApi(cluster, { verb: 'get', resource: 'the version', path: '/version' })
  const { major = '', minor = '', gitVersion = '' } = body as { major?: string, minor?: string, gitVersion?: string }
  // Some providers write "29+".
  const isOld = Number.parseInt(major) === 1 && Number.parseInt(minor) < OLDEST_MINOR
  if (isOld) throw new WaylayError('WAYLAY_CLUSTER_TOO_OLD', `The cluster runs Kubernetes ${gitVersion}`)
  return gitVersion
}
