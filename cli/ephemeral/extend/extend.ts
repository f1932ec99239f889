import { WaylayError } from '../../../common/errors.ts'
import type { Environment } from '../../../environments/object.ts'
import { patchEnvironment } from '../../cluster/environments.ts'
import { openCluster, type Cluster } from '../../cluster/kubeconfig.ts'
import type { CliDeps } from '../../deps.ts'
import type { EnvironmentExtendFlags } from '../../flags.ts'
import { formatAge } from '../../terminal/age.ts'
import { findEnvironment, unknownEnvironment } from '../find-environment.ts'

// Somebody else renews it at the same moment, twice at most.
const MAX_TRIES = 5

/** Sets when an environment expires. */
export async function extend (name: string, flags: EnvironmentExtendFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const cluster = openCluster(flags, deps)
  try {
    const { environment, isChanged } = await renew(cluster, name, flags)
    const { namespace } = environment.metadata
    const { expiresAt } = environment.spec
    const leftMs = Date.parse(expiresAt) - cluster.serverNowMs()
    if (flags.output === 'json') {
      output.result(JSON.stringify({ name, namespace, expiresAt, changed: isChanged }, null, 2))
    } else if (isChanged) {
      output.result(`${namespace}/${name} lives until ${expiresAt}, in ${formatAge(leftMs)}`)
    }
    if (isChanged) return
    output.note(`${namespace}/${name} lives until ${expiresAt} already, for ${formatAge(leftMs)}. To end it sooner: waylay env extend ${name} -n ${namespace} --ttl ${formatAge(flags.ttl)} --shorten`)
  } finally {
    cluster.close()
  }
}

/** Never over what somebody else has written since it was read. */
async function renew (cluster: Cluster, name: string, { ttl, shorten = false }: EnvironmentExtendFlags): Promise<{
  readonly environment: Environment
  readonly isChanged: boolean
}> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const environment = await findEnvironment(cluster, name)
    const { expiresAt } = environment.spec
    const endMs = cluster.serverNowMs() + ttl
    if (!shorten && Date.parse(expiresAt) >= endMs) return { environment, isChanged: false }
    const wanted = { expiresAt: new Date(endMs).toISOString() }
    const stored = await patchEnvironment(cluster, environment, wanted, { expiresAt })
    if (stored === 'gone') throw unknownEnvironment(cluster.namespace, name, false)
    if (stored !== 'other') return { environment: stored, isChanged: true }
  }
  throw new WaylayError('WAYLAY_CONFLICT', `The environment ${cluster.namespace}/${name} is changed by others again and again`,
    { hint: 'Try again in a moment.' })
}
