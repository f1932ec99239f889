import { assertNever } from '../../common/assert-never.ts'
import { formatAge } from '../terminal/age.ts'
import { listGrants, type Grant } from '../cluster/grants.ts'
import { openCluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import type { GrantListFlags } from '../flags.ts'
import { showText } from '../terminal/show-text.ts'
import { formatTable } from '../terminal/table.ts'
import { checkNamespaceName } from './grant-name.ts'
import { hasEnded } from './give.ts'

/** Prints the grants of the namespace that is named, or of all. Changes nothing. */
export async function printGrants (flags: GrantListFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const cluster = openCluster(flags, deps)
  try {
    const namespace = flags.allNamespaces === true || flags.namespace === undefined
      ? undefined
      : checkNamespaceName(flags.namespace)
    const grants = [...await listGrants(cluster, namespace)].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1)
    const nowMs = cluster.serverNowMs()
    switch (flags.output) {
      case 'json': output.result(JSON.stringify({ grants: grants.map(grant => toJson(grant, nowMs)) }, null, 2)); break
      case 'text':
        if (grants.length > 0) output.result(formatTable(['NAMESPACE', 'NAME', 'ROLE', 'MADE', 'ENDS', 'STATE'], grants.map(grant => toRow(grant, nowMs))))
        else output.note(namespace === undefined ? 'No grants.' : `No grants in namespace ${namespace}.`)
        break
      default: assertNever(flags.output)
    }
  } finally {
    cluster.close()
  }
}

function keyOf ({ namespace, name }: Grant): string {
  return `${namespace}/${name}`
}

/** Without its binding an account may nothing, whatever token there is. */
function stateOf (grant: Grant, nowMs: number): 'live' | 'ended' | 'unbound' {
  if (hasEnded(grant, nowMs)) return 'ended'
  return grant.role === undefined ? 'unbound' : 'live'
}

function toRow (grant: Grant, nowMs: number): readonly string[] {
  const { namespace, name, role = '-', madeAtMs, endsAtMs } = grant
  const ends = endsAtMs === undefined ? '-' : endsAtMs < nowMs ? `${formatAge(nowMs - endsAtMs)} ago` : `in ${formatAge(endsAtMs - nowMs)}`
  return [namespace, name, role, `${formatAge(Math.max(0, nowMs - madeAtMs))} ago`, ends, stateOf(grant, nowMs)].map(showText)
}

function toJson (grant: Grant, nowMs: number) {
  const { name, namespace, role, account, madeAtMs, endsAtMs } = grant
  return {
    name,
    namespace,
    role: role ?? null,
    serviceAccount: account,
    madeAt: new Date(madeAtMs).toISOString(),
    endsAt: endsAtMs === undefined ? null : new Date(endsAtMs).toISOString(),
    state: stateOf(grant, nowMs)
  }
}
