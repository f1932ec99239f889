import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import type { Environment, EnvironmentStatus } from '../../../environments/object.ts'
import type { Pod } from '../../cluster/pods.ts'
import { getEnvironment, patchEnvironmentStatus } from '../../cluster/environments.ts'
import type { EnvironmentPlan } from '../plan/environment-plan.ts'
import { removeEnvironment } from '../remove-environment.ts'
import { applyParts, applyRoot, isChanged, narrowRights, type Written } from './apply-plan.ts'
import { deploymentOf } from './deployment-state.ts'
import { prove } from './prove.ts'
import { prune } from './prune.ts'
import { readBefore, type Before } from './read-before.ts'
import { rollBack } from './roll-back.ts'
import { retried, type RunContext } from './run-context.ts'
import { listEnvironmentPods, OtherCommand, waitForParts } from './wait-parts.ts'

export type StandOptions = {
  /** Undefined: there was none of that name. */
  readonly plan: (existing: Environment | undefined) => Promise<EnvironmentPlan>
  readonly waits: boolean
}

export type Stood = {
  readonly environment: Environment
  readonly plan: EnvironmentPlan
  readonly isNew: boolean
  /** ms since the beginning; undefined where nobody waited. */
  readonly firstAnswerMs: number | undefined
}

const POLL_MS = 300
/** Another command makes one of that name between our looking and our making. */
const MAX_TRIES = 5
const UNDO_TIMEOUT_MS = 60_000

/**
 * Makes an environment, or brings it up to date, and waits until its copies have answered.
 *
 * @throws {WaylayError} why it does not stand. What a first one made is removed by then; a later one leaves the
 *   environment as it was before.
 */
export async function standEnvironment (context: RunContext, options: StandOptions): Promise<Stood> {
  const { progress } = context
  const { root, plan, existing, before } = await begin(context, options.plan)
  const written: Written[] = []
  try {
    const earlier = existing === undefined ? [] : await retried(context, async () => await listEnvironmentPods(context))
    await applyParts(context, plan, root.metadata.uid ?? '', before, item => written.push(item))
    progress.step(`written: ${written.filter(isChanged).length} of ${written.length} objects are new or changed`)
    if (!options.waits) return { environment: root, plan, isNew: existing === undefined, firstAnswerMs: undefined }
    await setStatus(context, root, { phase: 'Pending', message: 'Waits for its copies' }, existing)
    await waitForParts(context, {
      root,
      deployments: written.filter(({ manifest }) => manifest.kind === 'Deployment').map(({ after }) => after),
      earlierPods: replacedPods(context.name, earlier, written)
    })
    const { header: name, value } = root.spec
    await Promise.all(plan.copies.flatMap(copy =>
      copy.ports.map(async port => { await prove(context, copy, port, { name, value }) })))
    const firstAnswerMs = progress.elapsedMs()
    await setStatus(context, root, { phase: 'Ready', readyAt: new Date(context.cluster.serverNowMs()).toISOString() }, undefined)
    await tidy(context, plan, root, before)
    return { environment: root, plan, isNew: existing === undefined, firstAnswerMs }
  } catch (error) {
    await undo(context, { existing, root, written }, error)
    throw error
  }
}

/** Never rejects: what stands does so beside what is left of before. */
async function tidy (context: RunContext, plan: EnvironmentPlan, root: Environment, before: Before): Promise<void> {
  try {
    await prune(context, plan, root)
    await narrowRights(context, plan, root.metadata.uid ?? '', before)
  } catch (error) {
    if (context.signal.aborted) return
    context.progress.note(`Warning: not everything of before could be removed: ${toWaylayError(error).message}`)
  }
}

/** Those whose Deployment has another template by now. */
function replacedPods (environment: string, pods: readonly Pod[], written: readonly Written[]): ReadonlySet<string> {
  const changed = new Set(written.filter(item => item.manifest.kind === 'Deployment' && isChanged(item))
    .map(({ manifest }) => manifest.metadata.name))
  return new Set(pods.filter(pod => changed.has(deploymentOf(pod, environment) ?? '')).map(({ metadata }) => metadata.uid))
}

async function begin (context: RunContext, makePlan: StandOptions['plan']) {
  for (let tries = 1; ; tries++) {
    const existing = await readExisting(context)
    const plan = await makePlan(existing)
    const before = await readBefore(context, plan, existing?.metadata.uid)
    const root = await applyRoot(context, plan, existing)
    if (root !== undefined) return { root, plan, existing, before }
    if (tries === MAX_TRIES) {
      throw new WaylayError('WAYLAY_CONFLICT', `The environment ${context.name} is made and removed by others all the time`, { hint: 'Try again.' })
    }
  }
}

/** The one of that name; one that is on its way out is waited for. */
async function readExisting (context: RunContext): Promise<Environment | undefined> {
  const { cluster, namespace, name, endMs, signal, progress } = context
  let isTold = false
  for (;;) {
    const found = await getEnvironment(cluster, namespace, name)
    if (found?.metadata.deletionTimestamp === undefined) return found
    if (!isTold) progress.step(`an earlier environment ${name} is on its way out`)
    isTold = true
    if (performance.now() > endMs) {
      throw new WaylayError('WAYLAY_ENVIRONMENT_TAKEN', `An earlier environment ${namespace}/${name} is still on its way out`,
        { hint: `See what holds it: waylay env down ${name}` })
    }
    signal.throwIfAborted()
    await delay(POLL_MS, undefined, { signal }).catch(() => {})
  }
}

/** For people and for lists: what stands does so without it. @param existing one that is ready stays so meanwhile. */
async function setStatus (
  { cluster, progress }: RunContext, root: Environment, status: EnvironmentStatus, existing: Environment | undefined
): Promise<void> {
  if (existing?.status?.phase === 'Ready' && status.phase === 'Pending') return
  try {
    await patchEnvironmentStatus(cluster, root, status)
  } catch (error) {
    progress.note(`Warning: the status of the environment cannot be written: ${toWaylayError(error).message}`)
  }
}

/** Each `env up` writes when it expires, also one that asks for the same: then that one stands. */
function isAsWritten (now: Environment | undefined, { metadata: { uid }, spec }: Environment): boolean {
  if (now?.metadata.uid !== uid || now?.metadata.deletionTimestamp !== undefined) return false
  return isDeepStrictEqual(now?.spec, spec)
}

/** Never rejects: why it failed is what counts. */
async function undo (context: RunContext, { existing, root, written }: {
  readonly existing: Environment | undefined
  readonly root: Environment
  readonly written: readonly Written[]
}, error: unknown): Promise<void> {
  const { cluster, namespace, name, progress } = context
  if (error instanceof OtherCommand) return
  // It was the signal, or the time, that ended the work: this work has time of its own.
  const { signal } = new AbortController()
  const later: RunContext = { ...context, signal, endMs: performance.now() + UNDO_TIMEOUT_MS }
  try {
    const now = await retried(later, async () => await getEnvironment(cluster, namespace, name))
    if (!isAsWritten(now, root)) {
      progress.note(`Environment ${namespace}/${name} was changed or removed by another command meanwhile: nothing is taken back.`)
      return
    }
    if (existing === undefined) {
      progress.step('removing what was made')
      await removeEnvironment(cluster, namespace, name, {
        waits: true, timeoutMs: UNDO_TIMEOUT_MS, report: step => { progress.note(`         ${step}`) }, signal
      })
      return
    }
    const isAsked = isDeepStrictEqual(existing.spec.workloads, root.spec.workloads)
    if (isAsked && !written.some(isChanged)) return
    progress.step('going back to what it was before')
    await rollBack(later, existing, written)
    const why = context.signal.aborted ? 'stopped' : toWaylayError(error).message
    await setStatus(later, root, { ...existing.status, message: `The last update failed: ${why}`.slice(0, 1024) }, undefined)
  } catch (failure) {
    progress.note(`Warning: not everything could be taken back: ${toWaylayError(failure).message}. ` +
      (existing === undefined ? `It expires by itself, or try: waylay env down ${name} -n ${namespace}` : 'Run the earlier command again.'))
  }
}
