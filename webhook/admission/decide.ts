import { isDeepStrictEqual } from 'node:util'
import { WaylayError } from '../../common/errors.ts'
import { FAILURES, type FailureClass } from '../../common/failures.ts'
import type { AdmissionAnswer, AdmissionRequest, UserInfo } from '../review.ts'
import { checkConsent } from './consent.ts'
import type { InterceptDeps } from './deps.ts'
import { keepStamps, stamp } from './stamp.ts'
import { readHolding, readWish, type Holding } from './wish.ts'

const STATUS: Readonly<Record<FailureClass, number>> = {
  internal: 500, usage: 422, rights: 403, cluster: 500, workload: 422, conflict: 403, tunnel: 500
}

// The garbage collector and the namespace controller delete and edit everything; with or without accounts of their own.
const CONTROLLER_USER = 'system:kube-controller-manager'
const CONTROLLER_GROUP = 'system:serviceaccounts:kube-system'

/**
 * Decides on an Intercept that is created, updated or deleted, and stamps owner, fence and ticket.
 *
 * @throws whatever a dependency throws: the caller knows what an unanswered question means for the operation.
 */
export async function decideIntercept (request: AdmissionRequest, deps: InterceptDeps): Promise<AdmissionAnswer> {
  try {
    switch (request.operation) {
      case 'CREATE': return await decideCreate(request, deps)
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

async function decideCreate (request: AdmissionRequest, deps: InterceptDeps): Promise<AdmissionAnswer> {
  const wish = readWish(request.object)
  await checkConsent(request, wish, deps)
  return { kind: 'allow', patch: stamp(request, wish, deps.nowMs(), deps) }
}

async function decideUpdate (request: AdmissionRequest, deps: InterceptDeps): Promise<AdmissionAnswer> {
  if (isController(request.userInfo) && isDeepStrictEqual(specOf(request.object), specOf(request.oldObject))) {
    return { kind: 'allow' }
  }
  const holding = readHolding(request.oldObject)
  const wish = readWish(request.object)
  await checkHolder(request, wish.name, holding, deps)
  const isOwn = holding.owner === request.userInfo.username
  const isSameProcess = holding.sessionKey === wish.sessionKey
  // An administrator who edits a label has not taken the intercept over: that needs a session key of their own.
  if (!isOwn && isSameProcess && holding.owner !== undefined) return { kind: 'allow', patch: keepStamps(holding) }
  await checkConsent(request, wish, deps)
  const nowMs = deps.nowMs()
  const fence = isOwn && isSameProcess ? holding.fence ?? nowMs : Math.max(nowMs, (holding.fence ?? 0) + 1)
  return { kind: 'allow', patch: stamp(request, wish, fence, deps) }
}

async function decideDelete (request: AdmissionRequest, deps: InterceptDeps): Promise<AdmissionAnswer> {
  if (isController(request.userInfo)) return { kind: 'allow' }
  const { namespace, userInfo, name } = request
  const holding = readHolding(request.oldObject)
  if (holding.owner === undefined || holding.owner === userInfo.username) return { kind: 'allow' }
  if ((await deps.readNamespace(namespace)).isTerminating) return { kind: 'allow' }
  await checkHolder(request, name, holding, deps)
  return { kind: 'allow' }
}

async function checkHolder (
  { namespace, userInfo }: AdmissionRequest, name: string, { owner, fence }: Holding, deps: InterceptDeps
): Promise<void> {
  if (owner === undefined || owner === userInfo.username) return
  if (await deps.mayDo(userInfo, 'takeover', namespace, name)) return
  const since = fence === undefined ? '' : ` since ${new Date(fence).toISOString()}`
  throw new WaylayError('WAYLAY_CONFLICT',
    `The intercept ${name} in ${namespace} is held by ${owner}${since}, and ${userInfo.username} lacks the verb "takeover"`)
}

function isController ({ username, groups = [] }: UserInfo): boolean {
  return username === CONTROLLER_USER || groups.includes(CONTROLLER_GROUP)
}

function specOf (object: unknown): unknown {
  return (object as { spec?: unknown } | null)?.spec
}
