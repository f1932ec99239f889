import { WaylayError } from '../../common/errors.ts'
import { bindRole, requireRole } from '../cluster/grant-role.ts'
import { requestGrantToken } from '../cluster/grant-token.ts'
import { createAccount, deleteGrant, getGrant, listGrants, setEnd, type Grant } from '../cluster/grants.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'

export type GrantWish = {
  readonly name: string
  readonly role: string
  readonly ttlMs: number
}

export type Given = {
  readonly grant: Grant & { readonly role: string }
  readonly token: string
  /** When this token ends, by the API server's word. */
  readonly endsAtMs: number
  readonly isRenewed: boolean
}

/**
 * Makes the grant, or another token for one that is there, and hands it on. What fails on the way, handing on included,
 * takes back what was made for it.
 *
 * @throws {WaylayError} `WAYLAY_GRANT_TAKEN`, `WAYLAY_NOT_INSTALLED`, `WAYLAY_FORBIDDEN`, `WAYLAY_USAGE`.
 */
export async function give (
  cluster: Cluster, wish: GrantWish, handOver: (given: Given) => Promise<void>
): Promise<void> {
  const { namespace } = cluster
  const { name, role, ttlMs } = wish
  await requireRole(cluster, role)
  const before = await getGrant(cluster, namespace, name)
  if (before?.role !== undefined && before.role !== role) throw otherRole(before, role)
  const grant = before ?? await createAccount(cluster, namespace, name, cluster.serverNowMs() + ttlMs)
  try {
    if (before?.role === undefined) await bindRole(cluster, grant, role)
    const { token, expiresAtMs } = await requestGrantToken(cluster, grant, Math.round(ttlMs / 1000))
    // Tokens given before live on to their own end.
    const lastEndMs = Math.max(expiresAtMs, before?.endsAtMs ?? 0)
    if (lastEndMs !== grant.endsAtMs) await setEnd(cluster, grant, lastEndMs)
    await handOver({ grant: { ...grant, role }, token, endsAtMs: expiresAtMs, isRenewed: before !== undefined })
  } catch (error) {
    // The failure that came first is the one to tell.
    if (before === undefined) await deleteGrant(cluster, grant).catch(() => {})
    throw error
  }
}

/** Takes the grants of the namespace away whose last token has ended. Who may not do that, gives all the same. */
export async function sweepEnded (cluster: Cluster): Promise<readonly Grant[]> {
  try {
    const grants = await listGrants(cluster, cluster.namespace)
    const ended = grants.filter(grant => hasEnded(grant, cluster.serverNowMs()))
    for (const grant of ended) await deleteGrant(cluster, grant)
    return ended
  } catch {
    return []
  }
}

export function hasEnded ({ endsAtMs }: Grant, nowMs: number): boolean {
  return endsAtMs !== undefined && endsAtMs < nowMs
}

function otherRole ({ name, namespace, role }: Grant, wished: string): WaylayError {
  return new WaylayError('WAYLAY_GRANT_TAKEN', `"${name}" has ${role} in namespace "${namespace}", not ${wished}`,
    { hint: `Its tokens would change with it. Use another name, or first: waylay grant revoke ${name} -n ${namespace}` })
}
