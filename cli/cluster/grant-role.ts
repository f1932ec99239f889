import { WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import { toRefusal, type ApiStatus } from './api-failure.ts'
import { BINDINGS, bindingsPath, deleteBinding, GRANT_LABELS, madeMeanwhile, type Grant } from './grants.ts'
import type { Cluster } from './kubeconfig.ts'

/**
 * Whether the ClusterRole is there: the API server lets an administrator bind one that is not, and such a grant would
 * be good for nothing. Who may not look is believed.
 *
 * @throws {WaylayError} `WAYLAY_NOT_INSTALLED`
 */
export async function requireRole (cluster: Cluster, role: string): Promise<void> {
  const { status } = await callApi(cluster, {
    verb: 'get',
    resource: 'clusterroles.rbac.authorization.k8s.io',
    name: role,
    path: `/apis/rbac.authorization.k8s.io/v1/clusterroles/${role}`,
    expected: [403, 404]
  })
  if (status !== 404) return
  throw new WaylayError('WAYLAY_NOT_INSTALLED', `There is no ClusterRole ${role} in this cluster`)
}

/**
 * Binds the account to the role in its own namespace. The binding belongs to the account: it goes when that one goes,
 * whoever deletes it.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` with the right that is missing; `WAYLAY_GRANT_TAKEN` where somebody was
 *   faster.
 */
export async function bindRole (cluster: Cluster, grant: Grant, role: string): Promise<void> {
  const { namespace, account, uid } = grant
  const asked = { verb: 'create', resource: BINDINGS, namespace } as const
  const body = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: {
      name: account,
      labels: GRANT_LABELS,
      ownerReferences: [{ apiVersion: 'v1', kind: 'ServiceAccount', name: account, uid }]
    },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }]
  }
  // One that an earlier account of this name left behind: what it is bound to cannot be changed.
  await deleteBinding(cluster, namespace, account)
  const answer = await callApi(cluster, { ...asked, path: bindingsPath(namespace), body, expected: [403, 409] })
  if (answer.status === 409) throw madeMeanwhile(account, namespace)
  if (answer.status === 403) throw toBindFailure(answer.body as ApiStatus, asked, role)
}

/** Nobody may give what they do not have, unless they may `bind` that role. */
function toBindFailure (status: ApiStatus, asked: Parameters<typeof toRefusal>[2], role: string): WaylayError {
  if (!/not currently held|is not allowed to bind/.test(status.message ?? '')) return toRefusal(403, status, asked)
  return new WaylayError('WAYLAY_FORBIDDEN',
    `You may not bind clusterroles.rbac.authorization.k8s.io "${role}" in namespace "${asked.namespace ?? ''}", and lack rights that it gives`,
    { hint: `Ask for its rights, or for: kubectl create clusterrole waylay-granter --verb=bind --resource=clusterroles.rbac.authorization.k8s.io --resource-name=${role}` })
}
