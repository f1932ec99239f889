import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { describeMatch } from '../../intercepts/describe-match.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { deleteHeldIntercept, deleteIntercept, whoAmI } from '../cluster/intercepts.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import { workloadsBehind } from '../cluster/service-pods.ts'
import type { CliDeps } from '../deps.ts'
import type { LeaveFlags } from '../flags.ts'
import { showText } from '../terminal/show-text.ts'
import type { Output } from '../terminal/output.ts'
import { findVisible } from '../cluster/visible-intercepts.ts'
import { isNamed, parseWorkloadName } from '../workload-name.ts'

/**
 * Deletes intercepts of the caller's, wherever the commands run that hold them: they see it and end.
 *
 * @throws {WaylayError} `WAYLAY_INTERCEPT_UNKNOWN` when there is none to end.
 */
export async function leave (wanted: string | undefined, flags: LeaveFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const { all = false, allNamespaces = false } = flags
  if ((wanted === undefined) !== all) {
    throw new WaylayError('WAYLAY_USAGE', 'Name a workload or an intercept, or give --all, not both',
      { hint: 'waylay leave payments, or: waylay leave --all' })
  }
  const cluster = openCluster(flags, deps)
  try {
    const [{ intercepts, note }, me, isWanted] = await Promise.all([
      findVisible(cluster, allNamespaces ? undefined : cluster.namespace),
      whoAmI(cluster),
      createFilter(cluster, wanted)
    ])
    if (note !== undefined) output.note(note)
    const fitting = intercepts.filter(isWanted)
    // An intercept that is named may be anybody's: the webhook decides, and says who holds it.
    const chosen = fitting.filter(({ spec, metadata }) => spec.owner === me || metadata.name === wanted)
    const where = allNamespaces ? 'any namespace you may see' : `namespace ${cluster.namespace}`
    if (chosen.length === 0 && wanted !== undefined) throw unknown(wanted, fitting, where)
    if (chosen.length === 0) output.note(`No intercepts of yours in ${where}.`)
    await endAll(cluster, chosen, me, output)
  } finally {
    cluster.close()
  }
}

/** Ends what can be ended, and fails with the first that cannot. */
async function endAll (cluster: Cluster, chosen: readonly Intercept[], me: string, output: Output): Promise<void> {
  const results = await Promise.allSettled(chosen.map(async intercept => {
    const { metadata: { namespace, name, uid }, spec } = intercept
    // What somebody took over at this moment is no longer the caller's to end.
    const isEnded = spec.owner === me
      ? await deleteHeldIntercept(cluster, intercept)
      : await deleteIntercept(cluster, namespace, name, uid)
    const what = showText(`${namespace}/${spec.workload} port ${spec.port}, ${describe(spec.match)}`)
    output.result(isEnded ? `Left ${what}` : `${what} had ended already, or was taken over`)
  }))
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw toWaylayError(failed.reason)
}

async function createFilter (
  cluster: Cluster, wanted: string | undefined
): Promise<(intercept: Intercept) => boolean> {
  if (wanted === undefined) return () => true
  const name = parseWorkloadName(wanted)
  if (name.kind !== 'service') {
    return ({ metadata, spec }) => metadata.name === wanted || isNamed(spec.workload, name)
  }
  const behind = await workloadsBehind(cluster, cluster.namespace, name.name)
  return ({ metadata, spec }) => metadata.namespace === cluster.namespace && behind.includes(spec.workload)
}

function unknown (wanted: string, fitting: readonly Intercept[], where: string): WaylayError {
  const others = [...new Set(fitting.map(({ spec }) => spec.owner ?? 'somebody'))]
  const why = others.length === 0 ? '' : `; ${showText(others.join(', '))} ${others.length === 1 ? 'has' : 'have'} one`
  return new WaylayError('WAYLAY_INTERCEPT_UNKNOWN', `You have no intercept "${wanted}" in ${where}${why}`,
    { hint: 'See what there is, and where: waylay list' })
}

function describe (match: Intercept['spec']['match']): string {
  try {
    return describeMatch(match)
  } catch {
    return 'a match that cannot be read'
  }
}
