import { WaylayError } from '../common/errors.ts'

/** Kinds whose pods we find by themselves, as the lower-case singular that stands in an Intercept. */
export const WORKLOAD_KINDS = ['deployment', 'statefulset', 'daemonset', 'replicaset', 'pod'] as const

export type WorkloadKind = typeof WORKLOAD_KINDS[number]

/** What the user typed: `payments` or `deployment/payments`. */
export type WorkloadName = {
  readonly kind?: WorkloadKind
  readonly name: string
}

// kubectl's short forms, plurals and groups.
const SPELLINGS: Readonly<Record<string, WorkloadKind>> = {
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
  pods: 'pod'
}

// RFC 1123 subdomain, as the API server checks names.
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/**
 * Reads a workload as kubectl writes it.
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
  const kind = SPELLINGS[first.toLowerCase().replace(/\.apps$/, '')]
  if (kind === undefined) throw badName(text, `the kind "${first}" is not one of ${WORKLOAD_KINDS.join(', ')}`)
  if (!NAME.test(second)) throw badName(text, `"${second}" is not a valid name`)
  return { kind, name: second }
}

function badName (text: string, why: string): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `Cannot read the workload "${text}": ${why}`,
    { hint: 'Write it as a name or kind/name, for example: waylay intercept deployment/payments --port 3000' })
}
