import { WaylayError } from '../../common/errors.ts'
import { SECRET_NAME } from '../../common/injected.ts'
import { callApi } from './api.ts'
import { toRefusal, type ApiStatus } from './api-failure.ts'
import type { Asked } from './asked.ts'
import type { Cluster } from './kubeconfig.ts'
import type { Quantities } from './pod-spec.ts'

/** A ConfigMap or a Secret, its values as the bytes they are. */
export type ConfigObject = {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  /** Of a Secret: `Opaque`, `kubernetes.io/service-account-token` and so on. */
  readonly type: string | undefined
  readonly data: ReadonlyMap<string, Buffer>
  /** ConfigMaps hold these apart: files may come from them, variables may not. */
  readonly binaryData: ReadonlyMap<string, Buffer>
  /** When somebody last wrote it, as far as the API server says. */
  readonly changedAtMs: number | undefined
}

/** A Service, as far as the variables of others follow from it. */
export type LinkedService = {
  readonly metadata: { readonly name: string, readonly namespace: string, readonly creationTimestamp?: string }
  readonly spec?: {
    readonly clusterIP?: string
    readonly ports?: readonly { readonly name?: string, readonly port: number, readonly protocol?: string }[]
  }
}

type Raw = {
  readonly type?: string
  readonly data?: Readonly<Record<string, string>> | null
  readonly binaryData?: Readonly<Record<string, string>> | null
  readonly metadata?: {
    readonly creationTimestamp?: string
    readonly managedFields?: readonly { readonly time?: string }[]
  }
}

/**
 * Undefined when there is none of that name.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` with the role to ask for.
 */
export async function getConfigObject (
  cluster: Cluster, kind: ConfigObject['kind'], namespace: string, name: string
): Promise<ConfigObject | undefined> {
  // An empty one would list them all, and `..` lead elsewhere.
  if (!SECRET_NAME.test(name)) return undefined
  const resource = kind === 'Secret' ? 'secrets' : 'configmaps'
  const path = `/api/v1/namespaces/${namespace}/${resource}/${name}`
  const raw = await get(cluster, { verb: 'get', resource, namespace, name }, path) as Raw | undefined
  if (raw === undefined) return undefined
  const encoding = kind === 'Secret' ? 'base64' : 'utf8'
  return {
    kind,
    name,
    type: raw.type,
    data: toBytes(raw.data, encoding),
    binaryData: toBytes(kind === 'Secret' ? {} : raw.binaryData, 'base64'),
    changedAtMs: lastChange(raw)
  }
}

/** What the node can give to pods; undefined where we may not look, or it is gone. */
export async function getAllocatable (cluster: Cluster, node: string): Promise<Quantities | undefined> {
  const { status, body } = await callApi(cluster, {
    verb: 'get', resource: 'nodes', name: node, path: `/api/v1/nodes/${encodeURIComponent(node)}`, expected: [403, 404]
  })
  return status >= 400 ? undefined : (body as { status?: { allocatable?: Quantities } }).status?.allocatable
}

/** @throws {WaylayError} `WAYLAY_FORBIDDEN` where services may not be listed. */
export async function listLinkedServices (cluster: Cluster, namespace: string): Promise<readonly LinkedService[]> {
  const path = `/api/v1/namespaces/${namespace}/services`
  const { body } = await callApi(cluster, { verb: 'list', resource: 'services', namespace, path })
  return (body as { readonly items: readonly LinkedService[] }).items
}

/** The API server's own Service, whose variables every container gets; undefined where we may not read it. */
export async function getKubernetesService (cluster: Cluster): Promise<LinkedService | undefined> {
  const { status, body } = await callApi(cluster, {
    verb: 'get',
    resource: 'services',
    namespace: 'default',
    name: 'kubernetes',
    path: '/api/v1/namespaces/default/services/kubernetes',
    expected: [403, 404]
  })
  return status >= 400 ? undefined : body as LinkedService
}

/** A file of a service account's identity, bound to one pod. */
export type TokenRequest = {
  readonly namespace: string
  readonly serviceAccount: string
  readonly pod: { readonly name: string, readonly uid: string }
  /** Undefined: the API server's own. */
  readonly audience: string | undefined
  readonly expirationSeconds: number
}

export type Token = { readonly token: string, readonly expiresAtMs: number }

/** @throws {WaylayError} `WAYLAY_FORBIDDEN` without the verb `create` on `serviceaccounts/token`. */
export async function requestToken (cluster: Cluster, request: TokenRequest): Promise<Token> {
  const { namespace, serviceAccount, pod, audience, expirationSeconds } = request
  const asked = {
    verb: 'create', resource: 'serviceaccounts/token', namespace, name: serviceAccount
  } as const
  const { status, body } = await callApi(cluster, {
    ...asked,
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${encodeURIComponent(serviceAccount)}/token`,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(audience !== undefined && { audiences: [audience] }),
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', ...pod }
      }
    },
    expected: [403, 404, 409]
  })
  if (status === 403) throw forbidden(body, asked, 'waylay-identity')
  const answer = (body as { status?: { token?: string, expirationTimestamp?: string } }).status
  if (status >= 400 || answer?.token === undefined) {
    const why = (body as ApiStatus).message ?? `HTTP ${status}`
    throw new WaylayError('WAYLAY_ENV_UNKNOWN', `No token for service account "${serviceAccount}" bound to pod ${pod.name}: ${why}`)
  }
  return { token: answer.token, expiresAtMs: Date.parse(answer.expirationTimestamp ?? '') }
}

async function get (cluster: Cluster, asked: Asked, path: string): Promise<unknown> {
  const { status, body } = await callApi(cluster, { ...asked, path, expected: [403, 404] })
  if (status === 403) throw forbidden(body, asked, 'waylay-environment')
  return status === 404 ? undefined : body
}

/** Names the ClusterRole that holds the right, which an administrator can bind at once. */
function forbidden (body: unknown, asked: Asked, role: string): WaylayError {
  const refusal = toRefusal(403, body as ApiStatus, asked)
  return new WaylayError(refusal.code, refusal.message, {
    hint: `Ask for the verb ${asked.verb} on ${asked.resource} (docs/rights.md): kubectl -n ${asked.namespace ?? ''} create rolebinding <name> --clusterrole=${role} --user=<you>`
  })
}

function toBytes (data: Raw['data'], encoding: BufferEncoding): ReadonlyMap<string, Buffer> {
  return new Map(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)]))
}

function lastChange ({ metadata }: Raw): number | undefined {
  const times = [metadata?.creationTimestamp, ...(metadata?.managedFields ?? []).map(({ time }) => time)]
    .flatMap(time => time === undefined ? [] : [Date.parse(time)]).filter(Number.isFinite)
  return times.length === 0 ? undefined : Math.max(...times)
}
