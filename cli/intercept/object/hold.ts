import { WaylayError } from '../../../common/errors.ts'
import { describeMatch } from '../../../intercepts/describe-match.ts'
import { leaseOf } from '../../../intercepts/lease.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import { formatAge } from '../../terminal/age.ts'

/** What holding an Intercept asks of the cluster. */
export type HoldDeps = {
  /** Undefined: one of that name is there already. */
  readonly create: (intercept: Intercept) => Promise<Intercept | undefined>
  readonly read: () => Promise<Intercept | undefined>
  readonly update: (intercept: Intercept) => Promise<Intercept | 'changed' | 'gone'>
  readonly remove: (intercept: Intercept) => Promise<unknown>
  /** The caller's name as the API server knows it. */
  readonly whoAmI: () => Promise<string>
  /** The API server's clock, ms since the epoch. */
  readonly serverNowMs: () => number
}

/**
 * Waits for the turn to take over what somebody holds, and tells so: what is taken from others is taken last, when
 * nothing else can fail any more. False: from this holder it is not taken. Undefined: nothing is taken over but what is
 * free.
 */
export type TakeOver = ((holder: Intercept) => Promise<boolean>) | undefined

// Each try is one object that changed under our hands: more than a few are no accident.
const MAX_TRIES = 10

/**
 * Makes the object ours: whoever gets it holds the match. One that nobody renews any more is free, and taken over.
 *
 * @throws {WaylayError} `WAYLAY_CONFLICT` naming the holder; `WAYLAY_NOT_INSTALLED` where no webhook signed it.
 */
export async function holdIntercept (wanted: Intercept, deps: HoldDeps, takeOver?: TakeOver): Promise<Intercept> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const created = await deps.create(wanted)
    if (created !== undefined) return await requireTicket(created, deps)
    const holder = await deps.read()
    if (holder === undefined) continue
    // Our own creation, whose answer was lost.
    if (isHeldBy(holder, wanted)) return holder
    const isFree = leaseOf(holder, deps.serverNowMs()) === 'expired'
    if (!isFree && await takeOver?.(holder) !== true) throw await describeConflict(wanted, holder, deps)
    const metadata = moveTo(holder.metadata, wanted.metadata)
    const taken = await deps.update({ ...holder, metadata, spec: { ...wanted.spec, ...previewsOf(holder) } })
    if (typeof taken === 'object') return await requireTicket(taken, deps)
  }
  throw new WaylayError('WAYLAY_CONFLICT', `${describeWish(wanted)} changes hands all the time`, { hint: 'Try again.' })
}

/** It belongs to the environment that wishes for it, or to none: the end of another one must not end it. */
function moveTo (
  { ownerReferences: _owners, labels: _labels, ...metadata }: Intercept['metadata'],
  { ownerReferences, labels }: Intercept['metadata']
): Intercept['metadata'] {
  return { ...metadata, ...(ownerReferences && { ownerReferences }), ...(labels && { labels }) }
}

/** Whether the object is held by the process that wishes for it. */
export function isHeldBy (object: Intercept, wanted: Intercept): boolean {
  return object.spec.sessionKey === wanted.spec.sessionKey && object.spec.ticket !== undefined
}

/** `jon on jons-laptop`. */
export function describeHolder ({ spec: { owner = 'somebody', host } }: Intercept): string {
  return host === undefined ? owner : `${owner} on ${host}`
}

/** Links that were shared stay with their maker, whose laptop slept; the webhook takes away those of anybody else. */
function previewsOf ({ spec: { previews } }: Intercept): Pick<Intercept['spec'], 'previews'> {
  return previews === undefined ? {} : { previews }
}

async function requireTicket (object: Intercept, deps: HoldDeps): Promise<Intercept> {
  if (object.spec.ticket !== undefined) return object
  await deps.remove(object)
  throw new WaylayError('WAYLAY_NOT_INSTALLED', 'The cluster knows intercepts, but no waylay webhook signed this one')
}

function describeWish ({ spec: { workload, port, match } }: Intercept): string {
  return `${workload} port ${port} with ${describeMatch(match)}`
}

async function describeConflict (wanted: Intercept, holder: Intercept, deps: HoldDeps): Promise<WaylayError> {
  const { namespace, name } = wanted.metadata
  const me = await deps.whoAmI().catch(() => '')
  const { owner = 'somebody', host, fence } = holder.spec
  // Since when it is this holder's: the object may be older.
  const sinceMs = fence ?? Date.parse(holder.metadata.creationTimestamp ?? '')
  const since = Number.isNaN(sinceMs) ? '' : ` since ${new Date(sinceMs).toISOString()} (${formatAge(deps.serverNowMs() - sinceMs)})`
  const where = host === undefined ? '' : `, on ${host}`
  const isMine = owner === me
  return new WaylayError('WAYLAY_CONFLICT', `${describeWish(wanted)} is held by ${isMine ? 'yourself' : owner}${since}${where}`, {
    hint: isMine
      ? `Add --take-over to end the other one, or end it with: waylay leave ${name} -n ${namespace}`
      : `Choose another header value with --id, ask ${owner} to leave, or add --take-over (it needs the verb "takeover" on intercepts.waylay.dev)`
  })
}
