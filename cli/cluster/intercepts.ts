import { API_GROUP, API_VERSION, INTERCEPTS_PLURAL } from '../../common/contract.ts'
import type { WaylayError } from '../../common/errors.ts'
import type { Intercept, InterceptStatus } from '../../intercepts/object.ts'
import { callApi } from './api.ts'
import { toRefusal, type ApiStatus } from './api-failure.ts'
import type { Cluster } from './kubeconfig.ts'
import { listAll } from './list-all.ts'
import { followList } from './watch.ts'

const RESOURCE = `${INTERCEPTS_PLURAL}.${API_GROUP}`
const API_PATH = `/apis/${API_GROUP}/${API_VERSION}`

/** Creates the object; undefined when one of that name is there already: somebody holds this very match. */
export async function createIntercept (cluster: Cluster, intercept: Intercept): Promise<Intercept | undefined> {
  const { namespace } = intercept.metadata
  const { status, body } = await callApi(cluster, {
    verb: 'create', resource: RESOURCE, namespace, path: listPath(namespace), body: intercept, expected: [409]
  })
  return status === 409 ? undefined : body as Intercept
}

/** Undefined when it is gone. */
export async function getIntercept (cluster: Cluster, namespace: string, name: string): Promise<Intercept | undefined> {
  const { status, body } = await callApi(cluster, {
    verb: 'get', resource: RESOURCE, namespace, name, path: `${listPath(namespace)}/${name}`, expected: [404]
  })
  return status === 404 ? undefined : body as Intercept
}

/**
 * Writes the object as it is given, over the version it was read in.
 *
 * @returns the object as stored; `changed` when it is another version by now, `gone` when it is not there.
 */
export async function updateIntercept (cluster: Cluster, intercept: Intercept): Promise<Intercept | 'changed' | 'gone'> {
  const { namespace, name } = intercept.metadata
  const { status, body } = await callApi(cluster, {
    verb: 'update', resource: RESOURCE, namespace, name, path: `${listPath(namespace)}/${name}`, body: intercept, expected: [404, 409]
  })
  if (status === 404) return 'gone'
  return status === 409 ? 'changed' : body as Intercept
}

/**
 * Renews: writes the status of an Intercept, as long as it is still held with the fence that we know. No webhook sees
 * it, so an outage of ours ends nothing.
 *
 * @returns the object as stored; `lost` when somebody took it over or made it anew, `gone` when it is not there.
 */
export async function patchInterceptStatus (
  cluster: Cluster, { metadata: { namespace, name, uid }, spec: { fence } }: Intercept, status: Omit<InterceptStatus, 'fence'>
): Promise<Intercept | 'lost' | 'gone'> {
  const asked = { verb: 'patch', resource: `${RESOURCE}/status`, namespace, name } as const
  const answer = await callApi(cluster, {
    ...asked,
    path: `${listPath(namespace)}/${name}/status`,
    contentType: 'application/json-patch+json',
    body: [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/spec/fence', value: fence },
      { op: 'add', path: '/status', value: { ...status, fence } }
    ],
    expected: [404, 422]
  })
  if (answer.status === 404) return 'gone'
  if (answer.status !== 422) return answer.body as Intercept
  // A status that the schema refuses is answered 422 with the reason "Invalid" too; only its words differ.
  const refusal = answer.body as ApiStatus
  if (/ is invalid: /.test(refusal.message ?? '')) throw toRefusal(answer.status, refusal, asked)
  return 'lost'
}

/**
 * Deletes an Intercept as long as it is still held with the fence that we know.
 *
 * @returns false when it is not there any more, or somebody else's.
 */
export async function deleteHeldIntercept (cluster: Cluster, held: Intercept): Promise<boolean> {
  const { namespace, name, uid } = held.metadata
  let seen: Intercept | undefined = held
  // Every renewal makes a new version: the one that we know may be an old one.
  while (seen !== undefined && seen.metadata.uid === uid && seen.spec.fence === held.spec.fence) {
    const { resourceVersion } = seen.metadata
    const { status } = await callApi(cluster, {
      verb: 'delete',
      resource: RESOURCE,
      namespace,
      name,
      path: `${listPath(namespace)}/${name}`,
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } },
      expected: [404, 409]
    })
    if (status !== 409) return status !== 404
    seen = await getIntercept(cluster, namespace, name)
  }
  return false
}

/** False when it was gone already. With a uid, a successor of the same name is left alone. */
export async function deleteIntercept (
  cluster: Cluster, namespace: string, name: string, uid?: string
): Promise<boolean> {
  const { status } = await callApi(cluster, {
    verb: 'delete',
    resource: RESOURCE,
    namespace,
    name,
    path: `${listPath(namespace)}/${name}`,
    ...(uid !== undefined && { body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } } }),
    expected: [404, 409]
  })
  return status < 400
}

/** Of one namespace, or of all with undefined. */
export async function listIntercepts (
  cluster: Cluster, namespace: string | undefined
): Promise<readonly Intercept[]> {
  const asked = { verb: 'list', resource: RESOURCE, ...(namespace !== undefined && { namespace }) } as const
  return await listAll(cluster, asked, listPath(namespace))
}

/** Calls back at each change of the object; with undefined when it is gone. */
export async function followIntercept (cluster: Cluster, intercept: Intercept, options: {
  readonly signal: AbortSignal
  readonly onChange: (object: Intercept | undefined) => void
  readonly onTrouble: (error: WaylayError) => void
}): Promise<void> {
  const { name, namespace, resourceVersion = '' } = intercept.metadata
  await followList<Intercept>(cluster, {
    asked: { verb: 'watch', resource: RESOURCE, namespace, name },
    path: `${listPath(namespace)}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`,
    from: { metadata: { resourceVersion }, items: [intercept] },
    signal: options.signal,
    onChange: objects => { options.onChange(objects.get(name)) },
    onTrouble: options.onTrouble
  })
}

/** The caller's name as the API server knows it: what the webhook stamps as owner. */
export async function whoAmI (cluster: Cluster): Promise<string> {
  const { body } = await callApi(cluster, {
    verb: 'create',
    resource: 'selfsubjectreviews.authentication.k8s.io',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  })
  return (body as { status?: { userInfo?: { username?: string } } }).status?.userInfo?.username ?? ''
}

function listPath (namespace: string | undefined): string {
  return namespace === undefined
    ? `${API_PATH}/${INTERCEPTS_PLURAL}`
    : `${API_PATH}/namespaces/${namespace}/${INTERCEPTS_PLURAL}`
}
