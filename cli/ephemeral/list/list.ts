import { assertNever } from '../../../common/assert-never.ts'
import { toWaylayError } from '../../../common/errors.ts'
import type { Environment } from '../../../environments/object.ts'
import { isStatusOfHolder } from '../../../intercepts/lease.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import { openCluster, type Cluster } from '../../cluster/kubeconfig.ts'
import { findVisibleEnvironments } from '../../cluster/visible-environments.ts'
import { findVisible } from '../../cluster/visible-intercepts.ts'
import type { CliDeps } from '../../deps.ts'
import type { EnvironmentListFlags } from '../../flags.ts'
import { formatAge } from '../../terminal/age.ts'
import { showText } from '../../terminal/show-text.ts'
import { formatTable } from '../../terminal/table.ts'
import { ownerUidOf } from '../environment-parts.ts'

/** Prints the environments of the namespace, or of all that the user may see. */
export async function listEnvironmentsOf (flags: EnvironmentListFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const cluster = openCluster(flags, deps)
  try {
    const namespace = flags.allNamespaces === true ? undefined : cluster.namespace
    const { environments, note } = await findVisibleEnvironments(cluster, namespace)
    const requests = environments.length === 0 ? undefined : await countRequests(cluster, namespace)
    const nowMs = cluster.serverNowMs()
    const all = environments.map(environment => readFacts(environment, requests, nowMs)).sort(inOrder)
    if (note !== undefined) output.note(note)
    switch (flags.output) {
      case 'json': output.result(JSON.stringify({ environments: all.map(toJson) }, null, 2)); break
      case 'text':
        if (all.length > 0) output.result(formatTable(HEADER, all.map(toRow)))
        else output.note(namespace === undefined ? 'No environments in any namespace you may see.' : `No environments in namespace ${namespace}.`)
        break
      default: assertNever(flags.output)
    }
  } finally {
    cluster.close()
  }
}

type Facts = {
  readonly environment: Environment
  readonly phase: 'Pending' | 'Ready' | 'Failed' | 'Ending'
  readonly ageMs: number
  /** NaN for a time that cannot be read. */
  readonly leftMs: number
  /** Undefined where intercepts cannot be seen. */
  readonly requests: number | undefined
}

const HEADER = [
  'NAMESPACE', 'NAME', 'WORKLOADS', 'IMAGES', 'PHASE', 'HEADER', 'OWNER', 'AGE', 'EXPIRES', 'REQUESTS'
]

/** By the uid of the environment that owns the intercepts. Undefined without the right to see them. */
async function countRequests (
  cluster: Cluster, namespace: string | undefined
): Promise<ReadonlyMap<string | undefined, number> | undefined> {
  let intercepts: readonly Intercept[]
  try {
    ({ intercepts } = await findVisible(cluster, namespace))
  } catch (error) {
    if (toWaylayError(error).code === 'WAYLAY_FORBIDDEN') return undefined
    throw error
  }
  const counts = new Map<string | undefined, number>()
  for (const intercept of intercepts) {
    const uid = ownerUidOf(intercept)
    const count = isStatusOfHolder(intercept) ? intercept.status?.requests ?? 0 : 0
    counts.set(uid, (counts.get(uid) ?? 0) + count)
  }
  return counts
}

function readFacts (
  environment: Environment, requests: ReadonlyMap<string | undefined, number> | undefined, nowMs: number
): Facts {
  const { metadata: { creationTimestamp = '', deletionTimestamp, uid }, spec, status } = environment
  return {
    environment,
    phase: deletionTimestamp === undefined ? status?.phase ?? 'Pending' : 'Ending',
    ageMs: Math.max(0, nowMs - Date.parse(creationTimestamp)) || 0,
    leftMs: Date.parse(spec.expiresAt) - nowMs,
    requests: requests === undefined ? undefined : requests.get(uid) ?? 0
  }
}

function inOrder ({ environment: { metadata: a } }: Facts, { environment: { metadata: b } }: Facts): number {
  return `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1
}

function toRow ({ environment: { metadata, spec }, phase, ageMs, leftMs, requests }: Facts): readonly string[] {
  const expires = Number.isNaN(leftMs) ? '-' : leftMs > 0 ? `in ${formatAge(leftMs)}` : `expired ${formatAge(-leftMs)} ago`
  return [
    metadata.namespace,
    metadata.name,
    spec.workloads.map(({ workload }) => workload).join(','),
    spec.workloads.flatMap(({ images = {} }) => Object.values(images)).join(',') || '-',
    phase,
    `${spec.header}=${spec.value}`,
    spec.owner ?? '-',
    formatAge(ageMs),
    expires,
    String(requests ?? '-')
  ].map(showText)
}

function toJson ({ environment: { metadata, spec, status }, phase, ageMs, leftMs, requests }: Facts) {
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    workloads: spec.workloads.map(({ workload, copy, ports = [], images = {} }) => ({
      workload, copy, ports, images: Object.entries(images).map(([container, image]) => ({ container, image }))
    })),
    phase,
    message: status?.message ?? null,
    header: { name: spec.header, value: spec.value },
    owner: spec.owner ?? null,
    createdAt: metadata.creationTimestamp ?? null,
    ageSeconds: Math.round(ageMs / 1000),
    expiresAt: spec.expiresAt,
    expired: leftMs <= 0,
    requests: requests ?? null
  }
}
