import { setTimeout as delay } from 'node:timers/promises'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import type { Environment } from '../../../environments/object.ts'
import { createEnvironment } from '../../cluster/environments.ts'
import type { Found } from '../../cluster/objects.ts'
import type { Manifest } from '../../manifests.ts'
import type { EnvironmentPlan } from '../plan/environment-plan.ts'
import { keyOf, withOwner } from './owned.ts'
import type { Before } from './read-before.ts'
import { retried, type RunContext } from './run-context.ts'
import { lostRules, widenRole } from './widen-role.ts'

/** One object that was written: as it was, and as it is. */
export type Written = { readonly manifest: Manifest, readonly before: Found | undefined, readonly after: Found }

/** Writes the root. Undefined: somebody made one of that name at this very moment. */
export async function applyRoot (
  context: RunContext, { environment }: EnvironmentPlan, existing: Environment | undefined
): Promise<Environment | undefined> {
  const { cluster } = context
  // Not by an apply, which would go over another one that a second command makes right now.
  if (existing === undefined) {
    return await retried(context, async () => await createEnvironment(cluster, environment))
  }
  // With the uid it is refused where that one is gone; without, it would make another one that nobody asked for.
  const { uid = '' } = existing.metadata
  try {
    const manifest = { ...environment, metadata: { ...environment.metadata, uid } }
    return await applyOne(context, manifest) as unknown as Environment
  } catch (error) {
    const { code, message } = toWaylayError(error)
    if (code !== 'WAYLAY_CONFLICT' && !message.includes('metadata.uid')) throw error
    throw new WaylayError('WAYLAY_CONFLICT', `The environment ${context.name} was removed while it was brought up to date`,
      { cause: error, hint: 'Run the command again.' })
  }
}

/**
 * Writes everything that the root owns, each after what it needs; what needs nothing of each other at the same time.
 *
 * @param onWritten called at once for each, so that all of it can be taken back whatever happens.
 */
export async function applyParts (
  context: RunContext, plan: EnvironmentPlan, uid: string, before: Before, onWritten: (written: Written) => void
): Promise<void> {
  const write = async (manifests: readonly Manifest[]): Promise<void> => {
    await all(manifests.map(async bare => {
      const manifest = widenRole(withOwner(bare, context.name, uid), before.get(keyOf(bare)))
      const after = manifest.kind === 'RoleBinding' ? await applyBinding(context, manifest) : await applyOne(context, manifest)
      onWritten({ manifest, before: before.get(keyOf(manifest)), after })
    }))
  }
  const companion = plan.companion(uid)
  const isDeployment = ({ kind }: Manifest): boolean => kind === 'Deployment'
  // A policy first: the pod that it is for must find it.
  const policies = write(plan.copies.flatMap(copy => copy.policies))
  const isBinding = ({ kind }: Manifest): boolean => kind === 'RoleBinding'
  const rights = write(companion.filter(manifest => !isDeployment(manifest) && !isBinding(manifest)))
    .then(async () => { await write(companion.filter(isBinding)) })
  await all([
    policies.then(async () => { await write(plan.copies.flatMap(({ service, deployment }) => [service, deployment])) }),
    // Its pod would start without its account and its file, and be late.
    all([policies, rights]).then(async () => { await write(companion.filter(isDeployment)) })
  ])
}

/** As `Promise.all`, but fails only when nothing is under way any more: who takes back has to know of all of it. */
async function all (works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works)
  await Promise.all(works)
}

// The API server hears of a Role that it has stored within milliseconds.
const ROLE_KNOWN_MS = 10_000
const ROLE_RETRY_MS = 100

/**
 * Who is no cluster administrator may bind a Role only after the API server has compared its rights with theirs. It
 * looks for it in a memory that lags, and says of a Role that was made a moment ago that it is not found.
 */
async function applyBinding (context: RunContext, manifest: Manifest): Promise<Found> {
  const lastMs = Math.min(performance.now() + ROLE_KNOWN_MS, context.endMs)
  for (;;) {
    try {
      return await applyOne(context, manifest)
    } catch (error) {
      if (!/ not found$/.test(toWaylayError(error).message) || performance.now() > lastMs) throw error
    }
    await delay(ROLE_RETRY_MS, undefined, { signal: context.signal }).catch(() => {})
  }
}

/** Once the companion of before is gone, so are its rights. */
export async function narrowRights (
  context: RunContext, plan: EnvironmentPlan, uid: string, before: Before
): Promise<void> {
  for (const manifest of plan.companion(uid)) {
    if (lostRules(manifest, before.get(keyOf(manifest))).length === 0) continue
    await applyOne(context, withOwner(manifest, context.name, uid))
  }
}

/** All of it is ours: a field that somebody edited is what the plan says again. */
export async function applyOne (context: RunContext, manifest: Manifest): Promise<Found> {
  const applied = await retried(context, async () => await context.objects.apply(manifest, { force: true }))
  if (applied.kind === 'applied') return applied.object as Found
  const { kind, metadata: { name } } = manifest
  throw new WaylayError('WAYLAY_CONFLICT', `${kind} ${context.namespace}/${name} was changed by somebody else at this moment`,
    { hint: 'Run the command again.' })
}

/** Whether writing it changed anything. */
export function isChanged ({ before, after }: Written): boolean {
  if (before === undefined) return true
  return versionOf(before) !== versionOf(after)
}

/** A status that is written makes a new version, but no new generation. */
function versionOf ({ metadata }: Found): unknown {
  const { generation, resourceVersion } = metadata as {
    readonly generation?: number, readonly resourceVersion?: string
  }
  return generation ?? resourceVersion
}
