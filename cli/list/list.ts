import { assertNever } from '../../common/assert-never.ts'
import { describeMatch } from '../../intercepts/describe-match.ts'
import { isStatusOfHolder, leaseOf, type Lease } from '../../intercepts/lease.ts'
import { parseMatch, type Match } from '../../intercepts/match.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { openCluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import type { ListFlags } from '../flags.ts'
import { formatAge } from '../terminal/age.ts'
import { showText } from '../terminal/show-text.ts'
import { formatTable } from '../terminal/table.ts'
import { findVisible } from '../cluster/visible-intercepts.ts'

/** Prints the intercepts of the namespace that is named, or of all that the user may see. */
export async function list (flags: ListFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const cluster = openCluster(flags, deps)
  try {
    const namespace = flags.allNamespaces === true ? undefined : flags.namespace
    const { intercepts, note } = await findVisible(cluster, namespace)
    const facts = intercepts.map(intercept => readFacts(intercept, cluster.serverNowMs())).sort(inOrder)
    if (note !== undefined) output.note(note)
    switch (flags.output) {
      case 'json': output.result(JSON.stringify({ intercepts: facts.map(toJson) }, null, 2)); break
      case 'text': printTable(facts, namespace, output); break
      default: assertNever(flags.output)
    }
  } finally {
    cluster.close()
  }
}

/** One intercept as it is shown. What an earlier holder wrote into its status is not. */
export type Facts = {
  readonly intercept: Intercept
  /** Undefined for one that was written by hand and cannot be read. */
  readonly match: Match | undefined
  readonly state: Lease
  /** Since when its holder has it, ms since the epoch. */
  readonly sinceMs: number
  readonly ageMs: number
  readonly status: NonNullable<Intercept['status']>
}

// The last moment that a Date can be.
const MAX_TIME_MS = 8.64e15

export function readFacts (intercept: Intercept, nowMs: number): Facts {
  const { metadata, spec, status } = intercept
  const created = Date.parse(metadata.creationTimestamp ?? '')
  const { fence = created } = spec
  const sinceMs = Math.abs(fence) <= MAX_TIME_MS ? fence : created
  return {
    intercept,
    match: readMatch(spec.match),
    state: leaseOf(intercept, nowMs),
    sinceMs,
    ageMs: Number.isNaN(sinceMs) ? 0 : Math.max(0, nowMs - sinceMs),
    status: status !== undefined && isStatusOfHolder(intercept) ? status : {}
  }
}

function readMatch (match: unknown): Match | undefined {
  try {
    return parseMatch(match)
  } catch {
    // One object that somebody wrote by hand must not hide the others.
    return undefined
  }
}

export function inOrder (a: Facts, b: Facts): number {
  const key = ({ intercept: { metadata, spec } }: Facts) => [metadata.namespace, spec.workload, spec.port, metadata.name].join('\n')
  return key(a) < key(b) ? -1 : 1
}

function printTable (facts: readonly Facts[], namespace: string | undefined, output: CliDeps['output']): void {
  if (facts.length === 0) {
    output.note(namespace === undefined ? 'No intercepts in any namespace you may see.' : `No intercepts in namespace ${namespace}.`)
    return
  }
  output.result(formatTable(
    ['NAMESPACE', 'WORKLOAD', 'PORT', 'MATCH', 'OWNER', 'HOST', 'SINCE', 'REQUESTS', 'PODS', 'STATE'], facts.map(toRow)))
}

function toRow ({ intercept: { metadata, spec }, match, state, ageMs, status }: Facts): readonly string[] {
  return [
    metadata.namespace,
    spec.workload,
    String(spec.port),
    match === undefined ? '(cannot be read)' : describeMatch(match),
    spec.owner ?? '-',
    spec.host ?? '-',
    formatAge(ageMs),
    String(status.requests ?? '-'),
    String(status.pods ?? '-'),
    state
  ].map(showText)
}

export function toJson ({ intercept: { metadata, spec }, match, state, sinceMs, ageMs, status }: Facts) {
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    workload: spec.workload,
    port: spec.port,
    headers: match?.headers ?? [],
    path: match?.path ?? null,
    methods: match?.methods ?? [],
    global: spec.global,
    owner: spec.owner ?? null,
    host: spec.host ?? null,
    state,
    since: Number.isNaN(sinceMs) ? null : new Date(sinceMs).toISOString(),
    ageSeconds: Math.round(ageMs / 1000),
    renewedAt: status.renewTime ?? null,
    requests: status.requests ?? null,
    pods: status.pods ?? null
  }
}
