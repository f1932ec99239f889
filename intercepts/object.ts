import { API_GROUP, API_VERSION, INTERCEPT_KIND } from '../common/contract.ts'
import type { Match } from './match.ts'
import type { Preview } from './preview.ts'

/** `intercepts.waylay.dev` as it stands in the API. */
export type Intercept = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly creationTimestamp?: string
    readonly resourceVersion?: string
    readonly uid?: string
    readonly labels?: Readonly<Record<string, string>>
    /** Of an ephemeral environment: its end is the end of this, too. */
    readonly ownerReferences?: readonly InterceptOwner[]
  }
  readonly spec: InterceptSpec
  readonly status?: InterceptStatus
}

/** What an Intercept belongs to, as the API has it. */
export type InterceptOwner = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

/** Written by the CLI through the status subresource, which no webhook sees: an outage of ours ends nothing. */
export type InterceptStatus = {
  /** The fence of the holder who wrote it: what an earlier one wrote says nothing of a later one. */
  readonly fence?: number
  /** RFC 3339, by the API server's clock. */
  readonly renewTime?: string
  /** Diverted so far. */
  readonly requests?: number
  /** Pods that divert now. */
  readonly pods?: number
  readonly host?: string
}

export type InterceptSpec = {
  /** `kind/name` of the top controller, kind in lower case. */
  readonly workload: string
  /** Container port. */
  readonly port: number
  readonly match: Match
  /** True when the match has no condition. */
  readonly global: boolean
  /** Public key of the CLI process: see `Ticket.sessionKey`. */
  readonly sessionKey: string
  /** Name of the developer's machine, for people who ask who holds it. */
  readonly host?: string
  /** Links that put the header on for whoever has them. */
  readonly previews?: readonly Preview[]
  /** Stamped by the webhook: user name from the request's userInfo. */
  readonly owner?: string
  /** Stamped by the webhook: ms since the epoch. */
  readonly fence?: number
  /** Stamped by the webhook. */
  readonly ticket?: string
}

/** That it is an environment's, and whose. Nothing of it: a developer's own. */
export type InterceptBelonging = Pick<Intercept['metadata'], 'labels' | 'ownerReferences'>

/** The object a CLI creates. The webhook adds owner, fence and ticket. */
export function newIntercept (
  namespace: string, name: string, spec: InterceptSpec, belonging: InterceptBelonging = {}
): Intercept {
  const metadata = { name, namespace, ...belonging }
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: INTERCEPT_KIND, metadata, spec }
}
