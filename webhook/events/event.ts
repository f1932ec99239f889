import { createHash } from 'node:crypto'
import type { Subject } from '../subject.ts'

/** What an Event of ours is about, one word each, as `kubectl get events` shows it. */
export type EventReason = 'WaylayNotInjected' | 'WaylayBypassed' | 'WaylayStuck' | 'WaylayPodDeleted'

/** Something worth telling, on the owner of a pod or on a pod that has none. */
export type Told = { readonly subject: Subject, readonly reason: EventReason, readonly message: string }

/** An Event (core/v1) with a name that every replica gives to the same one. */
export type EventObject = {
  readonly metadata: { readonly name: string, readonly namespace: string }
  readonly involvedObject: Subject['involved'] & { readonly namespace: string }
  readonly reason: EventReason
  readonly message: string
  readonly type: 'Warning'
  readonly atMs: number
}

/** One of a kind in this time: the API server forgets Events after an hour, too. */
export const EVENT_WINDOW_MS = 60 * 60_000
// The limits of the API server: 1024 for a message, 253 for a name.
const MAX_MESSAGE_LENGTH = 1000
const MAX_OWNER_LENGTH = 200

/**
 * Names owner, reason and hour in the Event's name, so that a second one of the same is refused by the API server as
 * existing: nothing has to be read or counted before.
 */
export function writeEvent ({ subject: { namespace, involved }, reason, message }: Told, atMs: number): EventObject {
  const { apiVersion, kind, name, uid = '' } = involved
  const window = Math.floor(atMs / EVENT_WINDOW_MS)
  const hash = createHash('sha256').update(JSON.stringify([apiVersion, kind, name, uid, reason, window])).digest('hex')
  // What an admission shows has yet to be validated, and a name from generateName ends with a dash.
  const owner = name.slice(0, MAX_OWNER_LENGTH).toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'pod'
  return {
    metadata: { name: `${owner}.${hash.slice(0, 16)}`, namespace },
    involvedObject: { ...involved, namespace },
    reason,
    message: message.slice(0, MAX_MESSAGE_LENGTH),
    type: 'Warning',
    atMs
  }
}
