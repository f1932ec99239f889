import { WaylayError } from '../../common/errors.ts'
import type { Environment } from '../../environments/object.ts'
import type { AdmissionAnswer, AdmissionRequest } from '../review.ts'
import { checkNamespaceConsent } from './consent.ts'
import { refuse } from './decide.ts'
import type { NamespaceFacts } from './deps.ts'
import { checkCount, checkEnd, readLimits } from './environment-limits.ts'
import { invalidEnvironment, isSameSpec, readEnvironmentRequest, readFixed } from './environment-wish.ts'
import type { Newcomers } from './newcomers.ts'

/** What a decision needs from outside. Only main.ts passes the real ones. */
export type EnvironmentDeps = {
  readonly readNamespace: (name: string) => Promise<NamespaceFacts>
  /** All of a namespace, those that are being deleted too. */
  readonly listEnvironments: (namespace: string) => Promise<readonly Environment[]>
  readonly newcomers: Newcomers
  /** The API server's clock, ms since the epoch. */
  readonly nowMs: () => number
}

/**
 * Decides on an Environment that is created or updated, and stamps its owner.
 *
 * Whoever may update it may extend it and change its workloads: jobs of one team have accounts of their own, and one
 * that cleans up has another. What requests and links depend on, the header, its value and the owner, stays.
 *
 * @throws whatever a dependency throws.
 */
export async function decideEnvironment (
  request: AdmissionRequest, deps: EnvironmentDeps
): Promise<AdmissionAnswer> {
  try {
    switch (request.operation) {
      case 'CREATE': return await decideCreate(request, deps)
      case 'UPDATE': return await decideUpdate(request, deps)
      default: return { kind: 'allow' }
    }
  } catch (error) {
    if (error instanceof WaylayError) return refuse(error)
    throw error
  }
}

async function decideCreate (
  { namespace, object, userInfo, dryRun }: AdmissionRequest, deps: EnvironmentDeps
): Promise<AdmissionAnswer> {
  const { name, expiresAtMs } = readEnvironmentRequest(object)
  const facts = await deps.readNamespace(namespace)
  checkNamespaceConsent(namespace, facts)
  const limits = readLimits(namespace, facts)
  const nowMs = deps.nowMs()
  if (expiresAtMs <= nowMs) {
    throw invalidEnvironment('spec.expiresAt', new Date(expiresAtMs).toISOString(), `later than now (${new Date(nowMs).toISOString()})`)
  }
  checkEnd(expiresAtMs, namespace, limits, nowMs)
  const there = await deps.listEnvironments(namespace)
  // No waiting from here on: of two creations at the same moment the second must see the first. Whose name is there
  // already is told so by the API server.
  if (!there.some(({ metadata }) => metadata.name === name)) {
    const others = there.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const admitted = deps.newcomers.others(namespace, name, there.map(({ metadata }) => metadata.name))
    checkCount(namespace, others, admitted, limits, nowMs)
    if (!dryRun) deps.newcomers.add(namespace, name)
  }
  return { kind: 'allow', patch: stampOwner(userInfo.username), warnings: limits.warnings }
}

async function decideUpdate (
  { namespace, object, oldObject, userInfo }: AdmissionRequest, deps: EnvironmentDeps
): Promise<AdmissionAnswer> {
  // Labels, and the garbage collector's finalizers.
  if (isSameSpec(object, oldObject)) return { kind: 'allow' }
  const wish = readEnvironmentRequest(object)
  const fixed = readFixed(oldObject)
  for (const field of ['header', 'value'] as const) {
    // Not the values: this text is printed by jobs.
    if (fixed[field] !== undefined && fixed[field] !== wish[field]) {
      throw new WaylayError('WAYLAY_ENVIRONMENT_INVALID', `spec.${field} of ${wish.name} cannot change: links lead by it`,
        { hint: 'Make another environment, or end this one first: waylay env down' })
    }
  }
  const limits = readLimits(namespace, await deps.readNamespace(namespace))
  // One that was let in before the namespace allowed less keeps its end, and may come to it sooner.
  const before = Date.parse(fixed.expiresAt ?? '')
  if (!(wish.expiresAtMs <= before)) checkEnd(wish.expiresAtMs, namespace, limits, deps.nowMs())
  return { kind: 'allow', patch: stampOwner(fixed.owner ?? userInfo.username), warnings: limits.warnings }
}

function stampOwner (owner: string) {
  return [{ op: 'add', path: '/spec/owner', value: owner }] as const
}
