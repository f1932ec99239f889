import { WaylayError } from '../../common/errors.ts'
import { deleteGrant, getGrant } from '../cluster/grants.ts'
import { openCluster } from '../cluster/kubeconfig.ts'
import type { CliDeps, GlobalFlags } from '../deps.ts'
import { checkGrantName, checkNamespaceName } from './grant-name.ts'

/**
 * Takes a grant away, with every token of it.
 *
 * @throws {WaylayError} `WAYLAY_GRANT_UNKNOWN`, `WAYLAY_GRANT_TAKEN`, `WAYLAY_FORBIDDEN`.
 */
export async function revokeGrant (wanted: string, flags: GlobalFlags, deps: CliDeps): Promise<void> {
  const name = checkGrantName(wanted)
  const cluster = openCluster(flags, deps)
  try {
    const namespace = checkNamespaceName(cluster.namespace)
    const grant = await getGrant(cluster, namespace, name)
    if (grant === undefined) throw new WaylayError('WAYLAY_GRANT_UNKNOWN', `There is no grant "${name}" in namespace "${namespace}"`)
    await deleteGrant(cluster, grant)
    deps.output.result(`Revoked the grant of "${name}" in namespace ${namespace}`)
    deps.output.note('The API server refuses its tokens within 10 seconds. A session that stands ends when its ticket does, within an hour.')
  } finally {
    cluster.close()
  }
}
