import { WaylayError } from '../common/errors.ts'
import { describeMatch } from '../intercepts/describe-match.ts'
import { parseMatch } from '../intercepts/match.ts'
import type { Intercept } from '../intercepts/object.ts'
import { deleteIntercept, listIntercepts, whoAmI } from './cluster/intercepts.ts'
import { openCluster, type Cluster } from './cluster/kubeconfig.ts'
import type { CliDeps } from './deps.ts'
import type { LeaveFlags } from './flags.ts'
import { parseWorkloadName } from './workload-name.ts'

/**
 * Deletes intercepts of the caller's: the commands that hold them see it and end.
 *
 * @throws {WaylayError} `WAYLAY_INTERCEPT_UNKNOWN` when there is none to end.
 */
export async function leave (wanted: string | undefined, flags: LeaveFlags, { output }: CliDeps): Promise<void> {
  if ((wanted === undefined) === (flags.all !== true)) {
    throw new WaylayError('WAYLAY_USAGE', 'Name a workload or an intercept, or give --all, not both',
      { hint: 'waylay leave payments, or: waylay leave --all' })
  }
  const cluster = openCluster(flags)
  try {
    const ended = await leaveIn(cluster, wanted)
    for (const { spec } of ended) {
      output.result(`Left ${spec.workload} port ${spec.port}, ${describeMatch(parseMatch(spec.match))}`)
    }
    if (ended.length === 0) output.note(`No intercepts of yours in namespace ${cluster.namespace}.`)
  } finally {
    cluster.close()
  }
}

async function leaveIn (cluster: Cluster, wanted: string | undefined): Promise<readonly Intercept[]> {
  const { namespace } = cluster
  const [{ items }, me] = await Promise.all([listIntercepts(cluster, namespace), whoAmI(cluster)])
  const isWanted = wanted === undefined ? () => true : createFilter(wanted)
  const fitting = items.filter(isWanted)
  // An intercept that is named may be anybody's: the webhook decides, and says who holds it.
  const chosen = fitting.filter(({ spec, metadata }) => spec.owner === me || metadata.name === wanted)
  if (chosen.length === 0 && wanted !== undefined) {
    const others = [...new Set(fitting.map(({ spec }) => spec.owner ?? 'somebody'))]
    const why = others.length === 0 ? '' : `; ${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} one`
    throw new WaylayError('WAYLAY_INTERCEPT_UNKNOWN', `You have no intercept "${wanted}" in namespace "${namespace}"${why}`,
      { hint: `List them: waylay list -n ${namespace}` })
  }
  await Promise.all(chosen.map(async ({ metadata }) => {
    await deleteIntercept(cluster, namespace, metadata.name, metadata.uid)
  }))
  return chosen
}

function createFilter (wanted: string): (intercept: Intercept) => boolean {
  const { kind, name } = parseWorkloadName(wanted)
  return ({ metadata, spec }) => {
    if (metadata.name === wanted) return true
    // Kinds we do not know (a Rollout) are reached by their bare name.
    return kind === undefined ? spec.workload.endsWith(`/${name}`) : spec.workload === `${kind}/${name}`
  }
}
