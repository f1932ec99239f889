import { isDeepStrictEqual } from 'node:util'
import { WaylayError } from '../../common/errors.ts'
import { FAILURES, type FailureClass } from '../../common/failures.ts'
import { leaseOf, type Leased } from '../../intercepts/lease.ts'
import type { Operation } from '../operation.ts'
import type { AdmissionAnswer, AdmissionRequest } from '../review.ts'
import { checkConsent } from './consent.ts'
import { isController } from './controllers.ts'
import type { InterceptDeps, NamespaceFacts } from './deps.ts'
import { changesEnvironmentPreviews } from './environment-previews.ts'
import { nextFence } from './fence.ts'
import { checkOnlyRemoved, dropPreviews, isRevocation, readPreviewChange, stampPreviews } from './previews.ts'
import { keepStamps, stamp } from './stamp.ts'
import { readHolding, readWish, type Holding, type InterceptWish } from './wish.ts'

const STATUS: Readonly<Record<FailureClass, number>> = {
  internal: 500, usage: 422, rights: 403, cluster: 500, workload: 422, conflict: 403, tunnel: 500
}

/**
 * Decides on an Intercept that is created, updated or deleted, and stamps owner, fence and ticket.
 *
 * @throws whatever a dependency throws: the caller knows what an unanswered question means for the operation.
 */
export async function decideIntercept (request: AdmissionRequest, deps: InterceptDeps): Promise<AdmissionAnswer> {
  try {
    switch (request.operation) {
      case 'CREATE': return await acquire(request, readWish(request.object), undefined, deps)
      case 'UPDATE': return await decideUpdate(request, deps)
      case 'DELETE': return await decideDelete(request, deps)
      default: return { kind: 'allow' }
    }
  } catch (error) {
    if (error instanceof WaylayError) return refuse(error)
    throw error
  }
}

/** The answer for a failure of ours. The code stands in the text because the API server keeps nothing else. */
export function refuse (error: WaylayError): AdmissionAnswer {
  const status = STATUS[FAILURES[error.code].class]
  return { kind: 'refuse', status, message: `${error.code}: ${error.message}. ${error.hint}` }
}

/** Gives the Intercept to whoever asks: a new one, a renewed ticket, or one that was somebody else's. */
async function acquire (
  request: AdmissionRequest, wish: InterceptWish, holding: Holding | undefined, deps: InterceptDeps
): Promise<AdmissionAnswer> {
  const namespace = await deps.readNamespace(request.namespace)
  await checkConsent(request, wish, namespace, deps)
  const isRenewal = holding?.owner === request.userInfo.username && holding.sessionKey === wish.sessionKey
  const fence = (isRenewal ? holding.fence : undefined) ?? nextFence(holding?.fence, deps.nowMs())
  const { patch, warnings } = stamp(request, wish, { fence, namespace }, deps)
  return { kind: 'allow', patch: [...patch, ...decidePreviews(request, wish, holding, namespace, deps)], warnings }
}

/** Links stay with whoever made them: they are checked for their owner, and dropped when it becomes another. */
function decidePreviews (
  request: AdmissionRequest,
  { match }: InterceptWish,
  holding: Holding | undefined,
  facts: NamespaceFacts,
  deps: InterceptDeps
): readonly Operation[] {
  const change = readPreviewChange(request.object, request.oldObject)
  const { namespace, userInfo: { username } } = request
  if (holding !== undefined && holding.owner !== username) return dropPreviews(change)
  return stampPreviews(change, { namespace, match, facts }, deps)
}

async function decideUpdate (request: AdmissionRequest, deps: InterceptDeps): Promise<AdmissionAnswer> {
  if (isController(request.userInfo) && isDeepStrictEqual(specOf(request.object), specOf(request.oldObject))) {
    return { kind: 'allow' }
  }
  const holding = readHolding(request.oldObject)
  const wish = readWish(request.object)
  if (await changesEnvironmentPreviews(request, holding, deps)) {
    const { object, oldObject, namespace } = request
    const given = { namespace, match: wish.match, facts: await deps.readNamespace(namespace) }
    const stamped = stampPreviews(readPreviewChange(object, oldObject), given, deps)
    return { kind: 'allow', patch: [...keepStamps(holding), ...stamped] }
  }
  const isOthers = await checkHolder(request, wish.name, holding, deps)
  // An administrator who edits a label has not taken the intercept over: that needs a session key of their own.
  if (isOthers && holding.sessionKey === wish.sessionKey) {
    checkOnlyRemoved(readPreviewChange(request.object, request.oldObject), holding.owner)
    return { kind: 'allow', patch: keepStamps(holding) }
  }
  if (!isOthers && isRevocation(request.object, request.oldObject)) return { kind: 'allow', patch: keepStamps(holding) }
  return await acquire(request, wish, holding, deps)
}

async function decideDelete (request: AdmissionRequest, deps: InterceptDeps): Promise<AdmissionAnswer> {
  const { userInfo, namespace, name, oldObject } = request
  if (isController(userInfo)) return { kind: 'allow' }
  const holding = readHolding(oldObject)
  if (isObject(oldObject) && (holding.owner === undefined || holding.owner === userInfo.username)) return { kind: 'allow' }
  if ((await deps.readNamespace(namespace)).isTerminating) return { kind: 'allow' }
  await checkHolder(request, name || holding.name, isObject(oldObject) ? holding : { name: '', owner: 'somebody' }, deps)
  return { kind: 'allow' }
}

/**
 * Checks that the Intercept is free, the user's own, or theirs to take.
 *
 * @returns whether it is or was somebody else's.
 * @throws {WaylayError} `WAYLAY_CONFLICT` naming the holder.
 */
async function checkHolder (
  { namespace, userInfo, oldObject }: AdmissionRequest, name: string, { owner, fence }: Holding, deps: InterceptDeps
): Promise<boolean> {
  if (owner === undefined || owner === userInfo.username) return false
  // By the API server's clock. Whoever stood behind it does so no more.
  if (isObject(oldObject) && leaseOf(oldObject, deps.nowMs()) === 'expired') return true
  if (await deps.mayDo(userInfo, 'takeover', namespace, name)) return true
  const since = fence === undefined ? '' : ` since ${new Date(fence).toISOString()}`
  throw new WaylayError('WAYLAY_CONFLICT',
    `The intercept ${name} in ${namespace} is held by ${owner}${since}, and ${userInfo.username} lacks the verb "takeover"`,
    // What was asked may have been its end, or a link's: no flag of one command fits all.
    { hint: `Ask ${owner} to end it, or an administrator for a RoleBinding to waylay-takeover in ${namespace}` })
}

function isObject (value: unknown): value is Leased {
  return typeof value === 'object' && value !== null
}

function specOf (object: unknown): unknown {
  return (object as { spec?: unknown } | null)?.spec
}
