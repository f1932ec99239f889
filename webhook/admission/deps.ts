import type { KeyObject } from 'node:crypto'
import type { UserInfo } from '../review.ts'

export type NamespaceFacts = {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly isTerminating: boolean
}

/** What a decision needs from outside. Only main.ts passes the real ones. */
export type InterceptDeps = {
  /** Whether the user has this verb on this Intercept (SubjectAccessReview). */
  readonly mayDo: (user: UserInfo, verb: 'global' | 'takeover', namespace: string, name: string) => Promise<boolean>
  /** Whether the user may update this Environment (SubjectAccessReview). */
  readonly mayChangeEnvironment: (user: UserInfo, namespace: string, name: string) => Promise<boolean>
  readonly readNamespace: (name: string) => Promise<NamespaceFacts>
  /** Ed25519 private key of the installation. */
  readonly ticketKey: () => KeyObject
  /** Where previews are served: `preview.example.com`. Undefined where there is no gateway. */
  readonly previewDomain?: string | undefined
  /** The API server's clock, ms since the epoch. */
  readonly nowMs: () => number
}
