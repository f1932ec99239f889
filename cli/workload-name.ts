import { WaylayError } from '../common/errors.ts'

/** Kinds whose pods we find by their selector, as the lower-case singular that stands in an Intercept. */
export const WORKLOAD_KINDS = ['deployment', 'statefulset', 'daemonset', 'replicaset', 'pod'] as const

export type WorkloadKind = typeof WORKLOAD_KINDS[number]

/** What the user typed: `payments`, `deployment/payments`, `service/payments`, `rollout/payments`. */
export type WorkloadName = {
  /** One of `WORKLOAD_KINDS`, `service`, or any other kind in lower case: found by what stands in the pods. */
  readonly kind?: string
  readonly name: string
}

// kubectl's short forms and plurals.
const SPELLINGS: Readonly<Record<string, WorkloadKind | 'service' | 'job'>> = {
  deploy: 'deployment',
  deployment: 'deployment',
  deployments: 'deployment',
  sts: 'statefulset',
  statefulset: 'statefulset',
  statefulsets: 'statefulset',
  ds: 'daemonset',
  daemonset: 'daemonset',
  daemonsets: 'daemonset',
  rs: 'replicaset',
  replicaset: 'replicaset',
  replicasets: 'replicaset',
  po: 'pod',
  pod: 'pod',
  pods: 'pod',
  svc: 'service',
  service: 'service',
  services: 'service',
  job: 'job',
  jobs: 'job'
}

// RFC 1123 subdomain, as the API server checks names.
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
// A kind with or without its group: rollout, rollouts.argoproj.io.
const KIND = /^([a-z][a-z0-9]*)(\.[a-z0-9.-]+)?$/

/**
 * Reads a workload or a Service as kubectl writes it.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` naming what was typed.
 */
export function parseWorkloadName (text: string): WorkloadName {
  const parts = text.split('/')
  const [first = '', second] = parts
  if (parts.length > 2) throw badName(text, 'it has more than one "/"')
  if (second === undefined) {
    if (!NAME.test(first)) throw badName(text, 'that is not a valid name')
    return { name: first }
  }
  const [, kind, group = ''] = KIND.exec(first.toLowerCase()) ?? []
  if (kind === undefined) throw badName(text, `the kind "${first}" cannot be one`)
  if (!NAME.test(second)) throw badName(text, `"${second}" is not a valid name`)
  const isCustom = group !== '' && group !== '.apps' && group !== '.batch'
  return { kind: isCustom ? kind : SPELLINGS[kind] ?? kind, name: second }
}

/** Whether a workload's `kind/name` is what the user typed. A kind of somebody else's may be typed in the plural. */
export function isNamed (workload: string, { kind, name }: WorkloadName): boolean {
  const [itsKind = '', itsName] = workload.split('/')
  if (itsName !== name) return false
  return kind === undefined || [itsKind, `${itsKind}s`, `${itsKind}es`, itsKind.replace(/y$/, 'ies')].includes(kind)
}

function badName (text: string, why: string): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `Cannot read the workload "${text}": ${why}`,
    { hint: 'Write it as a name or kind/name, for example: waylay intercept deployment/payments --port 3000' })
}
