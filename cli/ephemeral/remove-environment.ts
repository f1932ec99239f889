import { setTimeout as delay } from 'node:timers/promises'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import type { Environment } from '../../environments/object.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { deleteEnvironment, getEnvironment } from '../cluster/environments.ts'
import { listIntercepts } from '../cluster/intercepts.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { formatAge } from '../terminal/age.ts'
import { findParts, type Part } from './environment-parts.ts'
import { restore } from './restore.ts'

/** `removing`: the cluster goes on by itself. `kept`: stopped before anything of it was deleted. */
export type Removal = 'removed' | 'absent' | 'removing' | 'kept'

export type RemovalOptions = {
  /** False: back when its requests go to the originals again and its deletion has begun. */
  readonly waits: boolean
  readonly timeoutMs: number
  /** What happens now, for people. */
  readonly report: (step: string) => void
  /** Stops the waiting. What is deleted stays deleted. */
  readonly signal: AbortSignal
  /** Where several are removed at once, they look together. */
  readonly listIntercepts?: () => Promise<readonly Intercept[]>
  /** Of tests. */
  readonly pollMs?: number
}

const POLL_MS = 300
/** An API server that starts again is back by then, or not at all. */
const RETRYING_MS = 30_000

/**
 * Removes an environment: first its requests go to the originals again, then everything it is made of goes, and the
 * Environment at last. One that was made anew by that name meanwhile is left alone.
 *
 * @throws {WaylayError} `WAYLAY_ENVIRONMENT_FAILED` with what is left after the timeout, `WAYLAY_FORBIDDEN`.
 */
export async function removeEnvironment (
  cluster: Cluster, namespace: string, name: string, options: RemovalOptions
): Promise<Removal> {
  const { report, signal, waits } = options
  const environment = await getEnvironment(cluster, namespace, name)
  if (environment === undefined) return await settle(cluster, namespace, name, options)
  if (environment.metadata.deletionTimestamp === undefined) {
    report('its requests go to the originals again')
    const held = await restore(environment, {
      cluster,
      listIntercepts: options.listIntercepts ?? (async () => await listIntercepts(cluster, namespace)),
      until: async (isDone, timeoutMs) => await until(isDone, timeoutMs, options)
    })
    if (signal.aborted) return 'kept'
    if (held.length > 0) report(`its companion does not let go of ${held.join(', ')}, which goes with the rest now`)
    report('removing what it is made of')
    const isBegun = await until(async () => {
      await deleteEnvironment(cluster, environment)
      return true
    }, RETRYING_MS, options)
    if (!isBegun) return 'kept'
  } else {
    report('is on its way out already')
  }
  if (!waits) return 'removing'
  const isGone = async (): Promise<boolean> =>
    (await getEnvironment(cluster, namespace, name))?.metadata.uid !== environment.metadata.uid
  if (await until(isGone, options.timeoutMs, options)) return 'removed'
  if (signal.aborted) return 'removing'
  throw await stuck(cluster, environment, options.timeoutMs)
}

/** Where its root is gone, but by somebody who did not wait: what is left of it goes by itself, or never. */
async function settle (
  cluster: Cluster, namespace: string, name: string, options: RemovalOptions
): Promise<Removal> {
  const parts = await findParts(cluster, namespace, name)
  const orphans = parts.filter(({ ownerUid, kind, isEnding }) => ownerUid === undefined && kind !== 'pod' && !isEnding)
  if (orphans.length > 0) {
    const kinds = [...new Set(orphans.map(({ kind }) => kind))].join(',')
    options.report(`has no owner any more, so nothing removes ${orphans.map(describe).join(', ')}. ` +
      `Look, then: kubectl -n ${namespace} delete ${kinds} -l waylay.dev/environment=${name}`)
  }
  const going = parts.filter(({ ownerUid }) => ownerUid !== undefined)
  if (going.length === 0 || !options.waits) return 'absent'
  options.report('is gone; waiting for what it was made of')
  const uids = new Set(going.map(({ ownerUid }) => ownerUid))
  const isGone = async (): Promise<boolean> =>
    !(await findParts(cluster, namespace, name)).some(({ ownerUid }) => ownerUid !== undefined && uids.has(ownerUid))
  if (await until(isGone, options.timeoutMs, options) || options.signal.aborted) return 'absent'
  throw failure(namespace, name, options.timeoutMs, going)
}

async function stuck (
  cluster: Cluster, { metadata: { namespace, name } }: Environment, timeoutMs: number
): Promise<WaylayError> {
  const environment = await getEnvironment(cluster, namespace, name)
  const { finalizers = [] } = (environment?.metadata ?? {}) as { readonly finalizers?: readonly string[] }
  // That one is the API server's own, and ends with the last part.
  const foreign = finalizers.filter(finalizer => finalizer !== 'foregroundDeletion')
  const root = { kind: 'environment', name, ownerUid: undefined, isEnding: true, finalizers: foreign }
  const parts = await findParts(cluster, namespace, name)
  return failure(namespace, name, timeoutMs, parts.length === 0 || foreign.length > 0 ? [root, ...parts] : parts)
}

function failure (namespace: string, name: string, timeoutMs: number, parts: readonly Part[]): WaylayError {
  const [first] = parts
  return new WaylayError('WAYLAY_ENVIRONMENT_FAILED',
    `Environment ${namespace}/${name} is still on its way out after ${formatAge(timeoutMs)}: ${parts.map(describe).join(', ')}`,
    { hint: first === undefined ? 'Wait, then look: waylay env list' : `See what holds it: kubectl -n ${namespace} get ${first.kind} ${first.name} -o yaml` })
}

function describe ({ kind, name, finalizers, isEnding }: Part): string {
  const why = finalizers.length > 0 ? ` (held by ${finalizers.join(', ')})` : isEnding ? ' (ending)' : ''
  return `${kind} ${name}${why}`
}

/** Looks again and again, also over a moment in which the API server does not answer. */
async function until (
  isDone: () => Promise<boolean>, timeoutMs: number, { signal, pollMs = POLL_MS }: RemovalOptions
): Promise<boolean> {
  const endMs = performance.now() + timeoutMs
  while (!signal.aborted) {
    try {
      if (await isDone()) return true
    } catch (error) {
      if (toWaylayError(error).code !== 'WAYLAY_NO_CLUSTER' || performance.now() > endMs) throw error
    }
    if (performance.now() > endMs) return false
    await delay(pollMs, undefined, { signal }).catch(() => {})
  }
  return false
}
