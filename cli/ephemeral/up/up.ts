import { assertNever } from '../../../common/assert-never.ts'
import { API_GROUP, API_VERSION, INTERCEPT_KIND } from '../../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import { getEnvironment } from '../../cluster/environments.ts'
import { openCluster, type Cluster } from '../../cluster/kubeconfig.ts'
import { createObjects, type Objects } from '../../cluster/objects.ts'
import type { CliDeps } from '../../deps.ts'
import { showText } from '../../terminal/show-text.ts'
import { planEnvironment } from '../plan/plan-environment.ts'
import type { EnvironmentWish } from '../wish.ts'
import { describeStood, toLines } from './describe-stood.ts'
import { printPlan } from './print-plan.ts'
import { createProgress } from './progress.ts'
import { readWish } from './read-wish.ts'
import { standEnvironment } from './stand-environment.ts'
import type { EnvUpFlags } from './up-flags.ts'

/** Makes an environment, or brings it up to date; with `--dry-run` it prints what would be written. */
export async function envUp (name: string, flags: EnvUpFlags, deps: CliDeps): Promise<void> {
  const wish = readWish(name, flags)
  const cluster = openCluster(flags, deps)
  const objects = createObjects(cluster)
  try {
    if (flags.dryRun === true) await showPlan(cluster, wish, flags, deps)
    else await stand(cluster, objects, wish, flags, deps)
  } catch (error) {
    throw await withInstallation(objects, error)
  } finally {
    cluster.close()
  }
}

async function showPlan (cluster: Cluster, wish: EnvironmentWish, flags: EnvUpFlags, deps: CliDeps): Promise<void> {
  const existing = await getEnvironment(cluster, cluster.namespace, wish.name)
  const plan = await planEnvironment(cluster, cluster.namespace, wish, existing)
  for (const warning of plan.warnings) deps.output.note(showText(`Warning: ${warning}`))
  printPlan(plan, existing, flags.output, deps.output)
}

async function stand (
  cluster: Cluster, objects: Objects, wish: EnvironmentWish, flags: EnvUpFlags, { output, onStopSignal }: CliDeps
): Promise<void> {
  const { namespace } = cluster
  const stopped = new AbortController()
  const offSignals = onStopSignal(() => { stopped.abort() })
  const told = new Set<string>()
  const context = {
    cluster,
    objects,
    namespace,
    name: wish.name,
    progress: createProgress(output.note),
    signal: stopped.signal,
    endMs: performance.now() + flags.timeout
  }
  try {
    const stood = await standEnvironment(context, {
      waits: flags.wait,
      plan: async existing => {
        const plan = await planEnvironment(cluster, namespace, wish, existing)
        for (const warning of plan.warnings) if (!told.has(warning)) output.note(showText(`Warning: ${warning}`))
        for (const warning of plan.warnings) told.add(warning)
        return plan
      }
    })
    const facts = await describeStood(cluster, stood)
    switch (flags.output) {
      case 'json': output.result(JSON.stringify(facts, null, 2)); break
      case 'text': for (const line of toLines(facts, cluster.serverNowMs())) output.result(line); break
      default: assertNever(flags.output)
    }
  } catch (error) {
    if (!stopped.signal.aborted) throw error
    throw new WaylayError('WAYLAY_ENVIRONMENT_FAILED', `Environment ${namespace}/${wish.name}: stopped before it stood`,
      { cause: error, hint: `Run it again, or see what is there: waylay env list -n ${namespace}` })
  } finally {
    offSignals()
  }
}

/** An installation of a version without environments knows Intercepts, but not this kind. */
async function withInstallation (objects: Objects, error: unknown): Promise<WaylayError> {
  const failure = toWaylayError(error)
  if (failure.code !== 'WAYLAY_NOT_INSTALLED') return failure
  const kind = { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: INTERCEPT_KIND }
  if (!await objects.isKnown(kind).catch(() => false)) return failure
  return new WaylayError('WAYLAY_NOT_INSTALLED', 'The waylay in this cluster is older than this program, and knows no environments',
    { cause: failure, hint: 'Ask an administrator to run: waylay upgrade' })
}
