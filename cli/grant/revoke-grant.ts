import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { deleteGrant, getGrant, type Grant } from '../cluster/grants.ts'
import { deleteIntercept, listIntercepts } from '../cluster/intercepts.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import type { CliDeps, GlobalFlags } from '../deps.ts'
import { showText } from '../terminal/show-text.ts'
import type { Output } from '../terminal/output.ts'
import { checkGrantName, checkNamespaceName } from './grant-name.ts'

/**
 * Takes a grant away, with every token of it and every intercept that it holds.
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
    await endIntercepts(cluster, grant, deps.output)
  } finally {
    cluster.close()
  }
}

/** A port-forward that stands is not cut with the token; the command behind it ends when its Intercept is deleted. */
async function endIntercepts (cluster: Cluster, { namespace, account }: Grant, output: Output): Promise<void> {
  try {
    const owner = `system:serviceaccount:${namespace}:${account}`
    const held = (await listIntercepts(cluster, namespace)).filter(({ spec }) => spec.owner === owner)
    for (const { metadata, spec } of held) {
      await deleteIntercept(cluster, namespace, metadata.name, metadata.uid)
      output.result(showText(`Ended its intercept of ${spec.workload} port ${spec.port}`))
    }
  } catch (error) {
    const { code, message } = toWaylayError(error)
    if (code === 'WAYLAY_NOT_INSTALLED') return
    output.note(`Warning: its intercepts were not ended (${message}). They cannot be renewed, and are deleted in 75 seconds.`)
  }
}
