import { toWaylayError } from '../../common/errors.ts'
import { companionName } from '../../environments/names.ts'
import type { Environment } from '../../environments/object.ts'
import { leaseOf } from '../../intercepts/lease.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { callApi } from '../cluster/api.ts'
import { deleteIntercept } from '../cluster/intercepts.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { FIELD_MANAGER } from '../cluster/objects.ts'
import { ownerUidOf } from './environment-parts.ts'

export type RestoreDeps = {
  readonly cluster: Cluster
  /** The intercepts of the namespace, at most a moment old. */
  readonly listIntercepts: () => Promise<readonly Intercept[]>
  /**
   * Calls the function again and again until it says true, also over a moment without the API server. False: it never
   * did in this time, or nobody waits any more.
   */
  readonly until: (isDone: () => Promise<boolean>, timeoutMs: number) => Promise<boolean>
}

type DeploymentObject = {
  readonly metadata: { readonly uid: string }
  readonly spec?: { readonly replicas?: number }
}

// A companion withdraws within a second or two, and one that is gone has expired after 15 s. Beyond that it runs where
// nobody can stop it.
const PATIENCE_MS = 40_000

/**
 * Has the environment's requests go to the originals again, while everything they may be going to still stands.
 *
 * @returns the names of intercepts that are held in spite of it.
 * @throws {WaylayError} `WAYLAY_FORBIDDEN`, before anything is changed where intercepts cannot be listed.
 */
export async function restore (
  environment: Environment, { cluster, listIntercepts, until }: RestoreDeps
): Promise<readonly string[]> {
  const held = async (): Promise<readonly Intercept[]> =>
    (await listIntercepts()).filter(intercept => ownerUidOf(intercept) === environment.metadata.uid)
  await held()
  await until(async () => {
    await stopCompanion(cluster, environment)
    return true
  }, PATIENCE_MS)
  const isRestored = async (): Promise<boolean> => {
    const intercepts = await held()
    // Nobody stands behind it any more: its requests go to the original already.
    const expired = intercepts.filter(intercept => leaseOf(intercept, cluster.serverNowMs()) === 'expired')
    await Promise.all(expired.map(async intercept => { await deleteExpired(cluster, intercept) }))
    return expired.length === intercepts.length
  }
  return await until(isRestored, PATIENCE_MS) ? [] : (await held()).map(({ metadata }) => metadata.name)
}

/** To no replicas: it withdraws its intercepts, with the account and the role that it still has. */
async function stopCompanion (cluster: Cluster, { metadata: { namespace, name, uid } }: Environment): Promise<void> {
  const asked = { resource: 'deployments.apps', namespace, name: companionName(name) } as const
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${asked.name}`
  const { status, body } = await callApi(cluster, { ...asked, verb: 'get', path, expected: [404] })
  const companion = body as DeploymentObject
  if (status === 404 || ownerUidOf(companion) !== uid || companion.spec?.replicas === 0) return
  // 404, 422: it is gone meanwhile, or another.
  await callApi(cluster, {
    ...asked,
    verb: 'patch',
    path: `${path}?fieldManager=${FIELD_MANAGER}`,
    contentType: 'application/json-patch+json',
    body: [
      { op: 'test', path: '/metadata/uid', value: companion.metadata.uid }, { op: 'add', path: '/spec/replicas', value: 0 }
    ],
    expected: [404, 422]
  })
}

/** Whoever may not: it goes with its owner. */
async function deleteExpired (cluster: Cluster, { metadata: { namespace, name, uid } }: Intercept): Promise<void> {
  try {
    await deleteIntercept(cluster, namespace, name, uid)
  } catch (error) {
    const { code } = toWaylayError(error)
    if (code !== 'WAYLAY_FORBIDDEN' && code !== 'WAYLAY_CONFLICT') throw error
  }
}
