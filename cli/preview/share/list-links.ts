import { leaseOf } from '../../../intercepts/lease.ts'
import { openCluster } from '../../cluster/kubeconfig.ts'
import { formatAge } from '../../terminal/age.ts'
import type { CliDeps } from '../../deps.ts'
import type { PreviewListFlags } from '../../flags.ts'
import { showText } from '../../terminal/show-text.ts'
import { formatTable } from '../../terminal/table.ts'
import { findVisible } from '../../cluster/visible-intercepts.ts'
import { hostOf, linksOf, type SharedLink } from './link.ts'

/** Prints the shared links of the namespace, or of all that the user may see. Never what opens one. */
export async function listLinks (flags: PreviewListFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const cluster = openCluster(flags, deps)
  try {
    const namespace = flags.allNamespaces === true ? undefined : cluster.namespace
    const { intercepts, note } = await findVisible(cluster, namespace)
    const nowMs = cluster.serverNowMs()
    const links = linksOf(intercepts)
    if (note !== undefined) output.note(note)
    if (flags.output === 'json') {
      output.result(JSON.stringify({ previews: links.map(link => toJson(link, nowMs)) }, null, 2))
    } else if (links.length === 0) {
      output.note(namespace === undefined ? 'No shared previews in any namespace you may see.' : `No shared previews in namespace ${namespace}.`)
    } else {
      output.result(formatTable(
        ['NAMESPACE', 'NAME', 'SERVICE', 'PORT', 'INTERCEPT OF', 'OWNER', 'ENDS IN', 'STATE'], links.map(link => toRow(link, nowMs))))
    }
  } finally {
    cluster.close()
  }
}

function stateOf ({ intercept, preview }: SharedLink, nowMs: number): 'open' | 'expired' | 'away' {
  if (!(Date.parse(preview.expiresAt) > nowMs)) return 'expired'
  return leaseOf(intercept, nowMs) === 'live' ? 'open' : 'away'
}

function toRow (link: SharedLink, nowMs: number): readonly string[] {
  const { intercept: { metadata, spec }, preview } = link
  return [
    metadata.namespace, preview.name, preview.service, String(preview.port), spec.workload, spec.owner ?? '-',
    formatAge(Math.max(0, Date.parse(preview.expiresAt) - nowMs)), stateOf(link, nowMs)
  ].map(showText)
}

function toJson (link: SharedLink, nowMs: number) {
  const { intercept: { metadata, spec }, preview } = link
  return {
    name: preview.name,
    host: hostOf(preview),
    namespace: metadata.namespace,
    service: preview.service,
    port: preview.port,
    intercept: metadata.name,
    workload: spec.workload,
    owner: spec.owner ?? null,
    expiresAt: preview.expiresAt,
    state: stateOf(link, nowMs)
  }
}
