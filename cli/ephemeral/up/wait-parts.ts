import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import { companionName } from '../../../environments/names.ts'
import type { Environment } from '../../../environments/object.ts'
import { getEnvironment } from '../../cluster/environments.ts'
import { listAll } from '../../cluster/list-all.ts'
import type { Pod } from '../../cluster/pods.ts'
import { deploymentOf, failureOf, isRolledOut, type DeploymentObject } from './deployment-state.ts'
import { readLastLines } from './last-lines.ts'
import { describeWaiting, isReady, troubleOf } from './pod-trouble.ts'
import { retried, type RunContext } from './run-context.ts'

/** Nobody else than who writes now may change it. */
export type Waiting = {
  readonly root: Environment
  /** The Deployments that must run, as they were written. */
  readonly deployments: readonly Pick<DeploymentObject, 'metadata'>[]
  /** uids of pods of earlier templates: what they do does not count. */
  readonly earlierPods: ReadonlySet<string>
}

const POLL_MS = 200
const QUOTA_PATIENCE_MS = 5000
/** An address of a pod on its way out is gone from every node by then. */
const SETTLES_MS = 1500

/** Since when something is so. */
type Since = Map<string, number>

/**
 * Waits until every Deployment runs its newest template, and nothing else.
 *
 * @throws {WaylayError} `WAYLAY_ENVIRONMENT_FAILED` as soon as it is known that one never will; `WAYLAY_CONFLICT` where
 *   another command changed or removed the environment.
 */
export async function waitForParts (context: RunContext, waiting: Waiting): Promise<void> {
  const { progress, signal, endMs } = context
  const since: Since = new Map()
  const told = new Set<string>()
  for (;;) {
    signal.throwIfAborted()
    const { deployments, pods } = await look(context, waiting)
    const open: string[] = []
    for (const { metadata: { name } } of waiting.deployments) {
      const deployment = deployments.find(({ metadata }) => metadata.name === name)
      const own = pods.filter(pod => deploymentOf(pod, context.name) === name)
      if (deployment !== undefined && isRolledOut(deployment)) {
        if (!told.has(name)) progress.step(`${describe(name, context.name)} runs`)
        told.add(name)
        if (isSettled(name, own, since)) continue
      }
      const fresh = own.filter(({ metadata: { uid, deletionTimestamp } }) =>
        deletionTimestamp === undefined && !waiting.earlierPods.has(uid))
      await failEarly(context, name, { deployment, fresh, since })
      open.push(fresh.map(describeWaiting).join(', ') || `${name} has no new pod yet`)
    }
    if (open.length === 0) return
    if (performance.now() > endMs) {
      await failLate(context, open, pods.filter(({ metadata }) => !waiting.earlierPods.has(metadata.uid)))
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => {})
  }
}

/** Pods of the environment now. */
export async function listEnvironmentPods ({ cluster, namespace, name }: RunContext): Promise<readonly Pod[]> {
  return await listAll<Pod>(cluster, { verb: 'list', resource: 'pods', namespace },
    `/api/v1/namespaces/${namespace}/pods`, selectorOf(name))
}

async function look (context: RunContext, { root, deployments: written }: Waiting) {
  const { cluster, namespace, name } = context
  return await retried(context, async () => {
    const [environment, deployments, pods] = await Promise.all([
      getEnvironment(cluster, namespace, name),
      listAll<DeploymentObject>(cluster, { verb: 'list', resource: 'deployments.apps', namespace },
        `/apis/apps/v1/namespaces/${namespace}/deployments`, selectorOf(name)),
      listEnvironmentPods(context)
    ])
    refuseChange(environment, root, written, deployments)
    return { deployments, pods }
  })
}

function selectorOf (name: string): string {
  return encodeURIComponent(`${ENVIRONMENT_LABELS.environment}=${name}`)
}

function refuseChange (
  now: Environment | undefined, root: Environment, written: Waiting['deployments'], found: readonly DeploymentObject[]
): void {
  const { name } = root.metadata
  const isSame = now?.metadata.uid === root.metadata.uid && now?.metadata.deletionTimestamp === undefined
  const isRewritten = found.some(({ metadata }) => written.some(({ metadata: { name, generation = 0 } }) =>
    name === metadata.name && (metadata.generation ?? 0) > generation))
  const isAsked = now !== undefined && isDeepStrictEqual(now.spec.workloads, root.spec.workloads) && !isRewritten
  if (isSame && isAsked) return
  throw new OtherCommand('WAYLAY_CONFLICT', isSame
    ? `Another "waylay env up ${name}" or "env down" changed the environment meanwhile: what it asked for stands`
    : `The environment ${name} was removed by somebody else meanwhile`,
  { hint: 'Let only one job at a time change an environment: docs/ci.md shows how.' })
}

/** What there is now is another command's: nothing of it is to be undone. */
export class OtherCommand extends WaylayError {}

function describe (deployment: string, environment: string): string {
  return deployment === companionName(environment) ? 'the companion' : `the copy ${deployment}`
}

/** Where an earlier pod is on its way out, a request may still find it for a moment. */
function isSettled (name: string, pods: readonly Pod[], since: Since): boolean {
  if (!pods.some(({ metadata }) => metadata.deletionTimestamp !== undefined)) return true
  return agedMs(since, `${name} is rolled out`) >= SETTLES_MS
}

function agedMs (since: Since, what: string): number {
  const nowMs = performance.now()
  const firstMs = since.get(what) ?? nowMs
  since.set(what, firstMs)
  return nowMs - firstMs
}

async function failEarly (context: RunContext, name: string, { deployment, fresh, since }: {
  readonly deployment: DeploymentObject | undefined
  readonly fresh: readonly Pod[]
  readonly since: Since
}): Promise<void> {
  const refusal = deployment && failureOf(deployment)
  if (refusal !== undefined && agedMs(since, refusal) >= QUOTA_PATIENCE_MS) {
    throw failed(context, `${describe(name, context.name)} gets no pod: ${refusal}`)
  }
  for (const trouble of fresh.map(troubleOf)) {
    if (trouble === undefined || agedMs(since, `${trouble.pod} ${trouble.text.slice(0, 80)}`) < trouble.patienceMs) continue
    await tellLines(context, trouble.pod, trouble.container)
    throw failed(context, `${describe(name, context.name)} does not start: ${trouble.text}`)
  }
}

/** A container that runs and is never ready may have said why. */
async function failLate (context: RunContext, open: readonly string[], pods: readonly Pod[]): Promise<never> {
  for (const pod of pods.filter(pod => !isReady(pod))) {
    const running = pod.status?.containerStatuses?.find(({ state }) => state?.running !== undefined)
    await tellLines(context, pod.metadata.name, running?.name)
  }
  throw failed(context, `Not everything runs within the time: ${open.join('; ')}`)
}

async function tellLines (
  { cluster, namespace, progress }: RunContext, pod: string, container: string | undefined
): Promise<void> {
  if (container === undefined) return
  for (const line of await readLastLines(cluster, { namespace, pod, container })) progress.note(line)
}

export function failed ({ namespace, name }: Pick<RunContext, 'namespace' | 'name'>, why: string): WaylayError {
  return new WaylayError('WAYLAY_ENVIRONMENT_FAILED', `Environment ${namespace}/${name}: ${why}`,
    { hint: `Look at the image, its variables and what it needs; docs/ci.md says what a copy has. Then: waylay env up ${name} …` })
}
