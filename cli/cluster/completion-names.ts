import type { Intercept } from '../../intercepts/object.ts'
import type { Asked } from './asked.ts'
import { callApi } from './api.ts'
import { listEnvironments } from './environments.ts'
import { listGrants } from './grants.ts'
import { listIntercepts, whoAmI } from './intercepts.ts'
import type { Place } from './kubeconfig-file.ts'
import { openCluster, type Cluster, type ClusterFlags } from './kubeconfig.ts'
import type { AnyObject } from './watch.ts'

// Somebody holds the tab key down and waits.
const ANSWER_TIMEOUT_MS = 2000
const MAX_NAMES = 500

/** Namespaces the user may list. None of these functions rejects: what cannot be seen is not offered. */
export async function listNamespaceNames (flags: ClusterFlags, place: Place): Promise<readonly string[]> {
  return await ask(flags, place, async (cluster, signal) =>
    await listNames(cluster, { verb: 'list', resource: 'namespaces' }, '/api/v1/namespaces', signal))
}

/** What `intercept` takes: Deployments by their bare name, others with their kind. */
export async function listWorkloadNames (flags: ClusterFlags, place: Place): Promise<readonly string[]> {
  return await ask(flags, place, async (cluster, signal) => {
    const { namespace } = cluster
    const lists = await Promise.all(LISTED.map(async ([plural, group, prefix]) => {
      const path = `${group === '' ? '/api/v1' : `/apis/${group}/v1`}/namespaces/${namespace}/${plural}`
      const resource = group === '' ? plural : `${plural}.${group}`
      const names = await listNames(cluster, { verb: 'list', resource, namespace }, path, signal).catch(() => [])
      return names.map(name => prefix + name)
    }))
    return lists.flat()
  })
}

const LISTED = [
  ['deployments', 'apps', ''], ['statefulsets', 'apps', 'statefulset/'], ['daemonsets', 'apps', 'daemonset/'],
  ['services', '', 'service/']
] as const

/** What `preview` takes. */
export async function listServiceNames (flags: ClusterFlags, place: Place): Promise<readonly string[]> {
  return await ask(flags, place, async (cluster, signal) => {
    const { namespace } = cluster
    const path = `/api/v1/namespaces/${namespace}/services`
    return await listNames(cluster, { verb: 'list', resource: 'services', namespace }, path, signal)
  })
}

/** Workloads that the user holds an intercept of: what `leave` takes. */
export async function listInterceptedNames (flags: ClusterFlags, place: Place): Promise<readonly string[]> {
  return await ask(flags, place, async cluster =>
    [...new Set((await listOwn(cluster)).map(({ spec }) => spec.workload))])
}

/** Links that the user shares: what `preview revoke` takes. Their names open nothing. */
export async function listLinkNames (flags: ClusterFlags, place: Place): Promise<readonly string[]> {
  return await ask(flags, place, async cluster =>
    (await listOwn(cluster)).flatMap(({ spec: { previews = [] } }) => previews.map(({ name }) => name)))
}

async function listOwn (cluster: Cluster): Promise<readonly Intercept[]> {
  const [items, me] = await Promise.all([listIntercepts(cluster, cluster.namespace), whoAmI(cluster)])
  return items.filter(({ spec }) => spec.owner === me)
}

/** Who has a grant: what `grant revoke` takes. */
export async function listGrantNames (flags: ClusterFlags, place: Place): Promise<readonly string[]> {
  return await ask(flags, place, async cluster =>
    (await listGrants(cluster, cluster.namespace)).map(({ name }) => name))
}

/** Ephemeral environments: what `env down` and the like take. */
export async function listEnvironmentNames (flags: ClusterFlags, place: Place): Promise<readonly string[]> {
  return await ask(flags, place, async cluster =>
    (await listEnvironments(cluster, cluster.namespace)).map(({ metadata }) => metadata.name))
}

async function ask (
  flags: ClusterFlags, place: Place, question: (cluster: Cluster, signal: AbortSignal) => Promise<readonly string[]>
): Promise<readonly string[]> {
  try {
    const cluster = openCluster(flags, place)
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
      const late = new Promise<readonly string[]>(resolve => { signal.addEventListener('abort', () => { resolve([]) }) })
      return await Promise.race([question(cluster, signal), late])
    } finally {
      cluster.close()
    }
  } catch {
    return []
  }
}

async function listNames (
  cluster: Cluster, asked: Asked, path: string, signal: AbortSignal
): Promise<readonly string[]> {
  const { body } = await callApi(cluster, { ...asked, path: `${path}?limit=${MAX_NAMES}`, signal })
  return (body as { readonly items: readonly AnyObject[] }).items.map(({ metadata }) => metadata.name)
}
