import { describeMatch } from '../intercepts/describe-match.ts'
import { parseMatch } from '../intercepts/match.ts'
import type { Intercept } from '../intercepts/object.ts'
import { listIntercepts } from './cluster/intercepts.ts'
import { openCluster } from './cluster/kubeconfig.ts'
import type { CliDeps } from './deps.ts'
import type { ListFlags } from './flags.ts'
import { formatAge } from './age.ts'
import { formatTable } from './table.ts'

/** Prints the intercepts of a namespace, or of all. */
export async function list (flags: ListFlags, { output }: CliDeps): Promise<void> {
  const cluster = openCluster(flags)
  try {
    const namespace = flags.allNamespaces === true ? undefined : cluster.namespace
    const { items } = await listIntercepts(cluster, namespace)
    const nowMs = Date.now()
    if (flags.output === 'json') {
      output.result(JSON.stringify({ intercepts: items.map(item => toJson(item, nowMs)) }, null, 2))
    } else if (items.length === 0) {
      output.note(namespace === undefined ? 'No intercepts in any namespace you may see.' : `No intercepts in namespace ${namespace}.`)
    } else {
      output.result(formatTable(
        ['NAMESPACE', 'WORKLOAD', 'PORT', 'MATCH', 'OWNER', 'AGE'],
        items.map(item => toRow(item, nowMs))
      ))
    }
  } finally {
    cluster.close()
  }
}

function toRow (intercept: Intercept, nowMs: number): readonly string[] {
  const { spec, metadata } = intercept
  return [
    metadata.namespace,
    spec.workload,
    String(spec.port),
    describeMatch(parseMatch(spec.match)),
    spec.owner ?? '-',
    formatAge(ageMs(intercept, nowMs))
  ]
}

function toJson (intercept: Intercept, nowMs: number) {
  const { spec, metadata } = intercept
  const { headers, path, methods } = parseMatch(spec.match)
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    workload: spec.workload,
    port: spec.port,
    headers,
    path: path ?? null,
    methods: methods ?? [],
    global: spec.global,
    owner: spec.owner ?? null,
    host: spec.host ?? null,
    since: metadata.creationTimestamp ?? null,
    ageSeconds: Math.round(ageMs(intercept, nowMs) / 1000)
  }
}

function ageMs (intercept: Intercept, nowMs: number): number {
  return Math.max(0, nowMs - Date.parse(intercept.metadata.creationTimestamp ?? new Date(nowMs).toISOString()))
}
