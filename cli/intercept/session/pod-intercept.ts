import type { WaylayError } from '../../../common/errors.ts'
import type { TunnelEvent } from '../../../tunnel/control-messages.ts'
import type { Developer } from '../developer/developer.ts'

/** One intercept, as the session to a pod carries it. */
export type PodIntercept = {
  /** Name of the Intercept object: known before the object is made, because it is a hash of what is wished. */
  readonly name: string
  /** The app port. */
  readonly port: number
  readonly hostHeader?: string | undefined
  /**
   * The ticket of this moment, once the object is known to be ours: a process that slept must not add what somebody
   * else holds by now. Rejects when the intercept has failed as a whole.
   */
  readonly ticket: () => Promise<string>
  /** Who gets the streams of this intercept. */
  readonly developer: Developer
  readonly onState: (state: PodState) => void
  readonly onEvent: (event: TunnelEvent) => void
  readonly onNote: (line: string) => void
}

/** Where one intercept stands on one pod. */
export type PodState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'diverting' }
  /** The session waits for its next carrier, for longer than a planned change takes. */
  | { readonly kind: 'lost' }
  /** The session is over; the next one is opened after a while. */
  | { readonly kind: 'broken', readonly error: WaylayError }
  /** The pod's answer will be the same until something changes: a ticket, a right, the pod. */
  | { readonly kind: 'refused', readonly error: WaylayError }
