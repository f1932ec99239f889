import { API_GROUP, API_VERSION, ENVIRONMENTS_PLURAL } from '../../common/contract.ts'
import type { Environment, EnvironmentSpec, EnvironmentStatus } from '../../environments/object.ts'
import { callApi } from './api.ts'
import { toRefusal, type ApiStatus } from './api-failure.ts'
import type { Cluster } from './kubeconfig.ts'
import { listAll } from './list-all.ts'
import { FIELD_MANAGER } from './objects.ts'

const RESOURCE = `${ENVIRONMENTS_PLURAL}.${API_GROUP}`
const API_PATH = `/apis/${API_GROUP}/${API_VERSION}`

type Operation = { readonly op: 'test' | 'add', readonly path: string, readonly value: unknown }

/** Undefined when there is none of that name. */
export async function getEnvironment (
  cluster: Cluster, namespace: string, name: string
): Promise<Environment | undefined> {
  const { status, body } = await callApi(cluster, {
    verb: 'get', resource: RESOURCE, namespace, name, path: `${listPath(namespace)}/${name}`, expected: [404]
  })
  if (status !== 404) return body as Environment
  // An API server that does not know the kind at all names no object.
  const refusal = body as ApiStatus
  if (refusal.details?.name === undefined) throw toRefusal(status, refusal, { verb: 'get', resource: RESOURCE, namespace, name })
  return undefined
}

/** Makes it; undefined when there is one of that name already. */
export async function createEnvironment (
  cluster: Cluster, environment: Environment
): Promise<Environment | undefined> {
  const { namespace, name } = environment.metadata
  const { status, body } = await callApi(cluster, {
    verb: 'create',
    resource: RESOURCE,
    namespace,
    name,
    path: `${listPath(namespace)}?fieldManager=${FIELD_MANAGER}`,
    body: environment,
    expected: [409]
  })
  return status === 409 ? undefined : body as Environment
}

/** Of one namespace, or of all with undefined. */
export async function listEnvironments (
  cluster: Cluster, namespace: string | undefined
): Promise<readonly Environment[]> {
  const asked = { verb: 'list', resource: RESOURCE, ...(namespace !== undefined && { namespace }) } as const
  return await listAll(cluster, asked, listPath(namespace))
}

/**
 * Writes fields of the spec, as long as it is the same object (uid). They are not the fields of a server-side apply
 * from then on: whoever applies the whole again forces it.
 *
 * @param over fields that must still be as they were read.
 * @returns the object as stored; `other` when another has the name by now or one of `over` has changed, `gone` when
 *   none has.
 */
export async function patchEnvironment (
  cluster: Cluster, environment: Environment, spec: Partial<EnvironmentSpec>, over: Partial<EnvironmentSpec> = {}
): Promise<Environment | 'other' | 'gone'> {
  const toOperations = (op: Operation['op'], fields: object): readonly Operation[] =>
    Object.entries(fields).map(([field, value]) => ({ op, path: `/spec/${field}`, value: value as unknown }))
  return await patch(cluster, environment, '', [...toOperations('test', over), ...toOperations('add', spec)])
}

/** Writes the whole status, as `patchEnvironment` does the spec. */
export async function patchEnvironmentStatus (
  cluster: Cluster, environment: Environment, status: EnvironmentStatus
): Promise<Environment | 'other' | 'gone'> {
  return await patch(cluster, environment, '/status', [{ op: 'add', path: '/status', value: status }])
}

/**
 * Deletes it, as long as it is the same object (uid). What it owns goes before it: the object itself stays, on its way
 * out, until all the rest is gone.
 *
 * @returns false when it was gone, or another has the name by now.
 */
export async function deleteEnvironment (
  cluster: Cluster, { metadata: { namespace, name, uid } }: Environment
): Promise<boolean> {
  const { status } = await callApi(cluster, {
    verb: 'delete',
    resource: RESOURCE,
    namespace,
    name,
    path: `${listPath(namespace)}/${name}`,
    body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground', preconditions: { uid } },
    expected: [404, 409]
  })
  return status < 400
}

async function patch (
  cluster: Cluster, { metadata: { namespace, name, uid } }: Environment, part: '' | '/status', operations: readonly Operation[]
): Promise<Environment | 'other' | 'gone'> {
  const asked = { verb: 'patch', resource: `${RESOURCE}${part}`, namespace, name } as const
  const { status, body } = await callApi(cluster, {
    ...asked,
    path: `${listPath(namespace)}/${name}${part}?fieldManager=${FIELD_MANAGER}`,
    contentType: 'application/json-patch+json',
    body: [{ op: 'test', path: '/metadata/uid', value: uid }, ...operations],
    expected: [404, 422]
  })
  if (status === 404) return 'gone'
  if (status !== 422) return body as Environment
  // A value that the schema or the webhook refuses is answered 422 too; only the words differ.
  const refusal = body as ApiStatus
  if (/ is invalid: |denied the request/.test(refusal.message ?? '')) throw toRefusal(status, refusal, asked)
  return 'other'
}

function listPath (namespace: string | undefined): string {
  return namespace === undefined
    ? `${API_PATH}/${ENVIRONMENTS_PLURAL}`
    : `${API_PATH}/namespaces/${namespace}/${ENVIRONMENTS_PLURAL}`
}
