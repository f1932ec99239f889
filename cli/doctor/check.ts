import type { WaylayError } from '../../common/errors.ts'
import type { WaylayCode } from '../../common/failures.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { Pod } from '../cluster/pods.ts'

export type CheckState = 'ok' | 'warn' | 'fail' | 'skipped'

/** What came of one check: a line for people, an item for programs. */
export type CheckResult = {
  /** Stable, for programs: `webhook`, `right-pods`. */
  readonly name: string
  readonly state: CheckState
  /** A sentence without its full stop. */
  readonly text: string
  /** What to type next. */
  readonly next?: string
  /** Of a failure. */
  readonly code?: WaylayCode
}

/** What all checks look at. */
export type Patient = {
  readonly cluster: Cluster
  readonly namespace: string
  /** `kind/name`; undefined where none was named and none is injected. */
  readonly workload: string | undefined
  /** Pods of the workload, or of the namespace where none was named. */
  readonly pods: readonly Pod[]
  readonly signal: AbortSignal
}

export function ok (name: string, text: string): CheckResult {
  return { name, state: 'ok', text }
}

export function warn (name: string, text: string, next?: string): CheckResult {
  return { name, state: 'warn', text, ...(next !== undefined && { next }) }
}

export function fail (name: string, code: WaylayCode, text: string, next: string): CheckResult {
  return { name, state: 'fail', text, next, code }
}

export function skipped (name: string, text: string): CheckResult {
  return { name, state: 'skipped', text }
}

/** A failure as it was thrown. */
export function failOf (name: string, { code, message, hint }: WaylayError, before = ''): CheckResult {
  return fail(name, code, before + message, hint)
}
