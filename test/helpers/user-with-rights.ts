import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { callApi } from '../../cli/cluster/api.ts'
import { openCluster, type Cluster } from '../../cli/cluster/kubeconfig.ts'
import { readServerEntry } from '../../cli/cluster/server-entry.ts'
import { writeKubeconfigOf } from './identity.ts'
import { theCluster } from './kube.ts'

const RBAC = 'rbac.authorization.k8s.io'
const NOWHERE = { env: {}, homeDir: '' }

export type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** The API server as the administrator and as users see it, without a process for each call. */
export type Administrator = {
  readonly cluster: Cluster
  /** Of the test's own; removed with it. */
  readonly folder: string
  /** Writes a kubeconfig into it. Returns its path. */
  readonly fileOf: (kubeconfig: string) => string
  readonly post: (path: string, body: object) => Promise<unknown>
  /** The cluster as a service account sees it: the path of its kubeconfig. */
  readonly kubeconfigOf: (namespace: string, account: string) => Promise<string>
  /** Makes a service account that may what the rules say, in its namespace. Returns the path of its kubeconfig. */
  readonly makeUser: (namespace: string, name: string, rules: readonly Rule[]) => Promise<string>
}

export async function openAdministrator (t: ExecutionContext): Promise<Administrator> {
  const { kubeconfigPath } = await theCluster()
  const cluster = openCluster({ kubeconfig: kubeconfigPath }, NOWHERE)
  t.teardown(() => { cluster.close() })
  const folder = mkdtempSync(join(tmpdir(), 'waylay-rights-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const fileOf = (kubeconfig: string): string => {
    const file = join(folder, randomUUID())
    writeFileSync(file, kubeconfig)
    return file
  }
  const { entry: server } = readServerEntry({ kubeconfig: kubeconfigPath }, NOWHERE)
  const post = async (path: string, body: object): Promise<unknown> =>
    (await callApi(cluster, { verb: 'create', resource: 'for a test', path, body })).body
  const kubeconfigOf = async (namespace: string, account: string): Promise<string> => {
    const answer = await post(`/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } })
    const { status: { token } } = answer as { readonly status: { readonly token: string } }
    return writeKubeconfigOf(t, server.server ?? '', token, server)
  }
  const makeUser = async (namespace: string, name: string, rules: readonly Rule[]): Promise<string> => {
    const metadata = { name }
    await post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    await post(`/apis/${RBAC}/v1/namespaces/${namespace}/roles`, { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules })
    await post(`/apis/${RBAC}/v1/namespaces/${namespace}/rolebindings`,
      bindingOf(name, { kind: 'Role', name }, { namespace, name }))
    return await kubeconfigOf(namespace, name)
  }
  return { cluster, folder, fileOf, post, kubeconfigOf, makeUser }
}

/** The administrator's rights under a service account's name: what it makes is that one's. */
export function inNameOf (cluster: Cluster, namespace: string, account: string): Cluster {
  return {
    ...cluster,
    access: async refused => {
      const access = await cluster.access(refused)
      const as = { 'impersonate-user': `system:serviceaccount:${namespace}:${account}`, 'impersonate-group': 'system:masters' }
      return { ...access, headers: { ...access.headers, ...as } }
    }
  }
}

/** Of a service account to a role. */
export function bindingOf (
  name: string, role: { readonly kind: string, readonly name: string },
  account: { readonly namespace: string, readonly name: string }
) {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: RBAC, ...role },
    subjects: [{ kind: 'ServiceAccount', ...account }]
  }
}

/** Does something with each, some at a time. */
export async function forEachOf<T> (
  items: readonly T[], atOnce: number, run: (item: T) => Promise<void>
): Promise<void> {
  const waiting = [...items]
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await run(item)
  }))
}
