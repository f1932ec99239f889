import { WaylayError } from '../../../common/errors.ts'
import { getEnvironment } from '../../cluster/environments.ts'
import { openCluster } from '../../cluster/kubeconfig.ts'
import type { CliDeps } from '../../deps.ts'
import { planEnvironment } from '../plan/plan-environment.ts'
import { printPlan } from './print-plan.ts'
import { readWish } from './read-wish.ts'
import type { EnvUpFlags } from './up-flags.ts'

/** Makes an environment, or brings it up to date; with `--dry-run` it prints what would be written. */
export async function envUp (name: string, flags: EnvUpFlags, deps: CliDeps): Promise<void> {
  const wish = readWish(name, flags)
  const cluster = openCluster(flags, deps)
  try {
    const { namespace } = cluster
    const existing = await getEnvironment(cluster, namespace, wish.name)
    const plan = await planEnvironment(cluster, namespace, wish, existing)
    for (const warning of plan.warnings) deps.output.note(`Warning: ${warning}`)
    if (flags.dryRun !== true) throw new WaylayError('WAYLAY_USAGE', 'This version can only show what it would write', { hint: 'Add --dry-run.' })
    printPlan(plan, existing, flags.output, deps.output)
  } finally {
    cluster.close()
  }
}
