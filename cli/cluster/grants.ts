import { WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import { listAll } from './list-all.ts'

/** On every object of a grant. Who uninstalls finds them by these, in every namespace. */
export const GRANT_LABELS = {
  'app.kubernetes.io/name': 'waylay',
  'app.kubernetes.io/component': 'grant'
} as const

/** When the last token of the grant ends, RFC 3339. */
export const GRANT_ENDS = 'waylay.dev/grant-ends'

const ACCOUNT_PREFIX = 'waylay-grant-'
const SELECTOR = encodeURIComponent(Object.entries(GRANT_LABELS).map(([key, value]) => `${key}=${value}`).join(','))

/** A ServiceAccount of ours, and what it is bound to. */
export type Grant = {
  /** Who it is for. */
  readonly name: string
  readonly namespace: string
  /** The ServiceAccount's name, and its RoleBinding's. */
  readonly account: string
  readonly uid: string
  /** The ClusterRole; undefined where the binding is missing. */
  readonly role: string | undefined
  readonly madeAtMs: number
  /** Undefined where somebody took the annotation away. */
  readonly endsAtMs: number | undefined
}

type Metadata = {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly creationTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

type Account = { readonly metadata: Metadata }
type Binding = { readonly metadata: Metadata, readonly roleRef: { readonly name: string } }

export function accountOf (name: string): string {
  return `${ACCOUNT_PREFIX}${name}`
}

/** Of one namespace, or of all with undefined. */
export async function listGrants (cluster: Cluster, namespace: string | undefined): Promise<readonly Grant[]> {
  const where = namespace === undefined ? {} : { namespace }
  const [accounts, bindings] = await Promise.all([
    listAll<Account>(cluster, { verb: 'list', resource: 'serviceaccounts', ...where }, accountsPath(namespace), SELECTOR),
    listAll<Binding>(cluster, { verb: 'list', resource: BINDINGS, ...where }, bindingsPath(namespace), SELECTOR)
  ])
  const key = ({ metadata }: Account | Binding): string => `${metadata.namespace}/${metadata.name}`
  const bound = new Map(bindings.map(binding => [key(binding), binding]))
  // Anybody who may make a ServiceAccount may write our labels on it; the name of another's binding is not ours.
  return accounts.filter(({ metadata }) => metadata.name.startsWith(ACCOUNT_PREFIX))
    .map(account => toGrant(account, bound.get(key(account))))
}

/**
 * Undefined when there is none of that name.
 *
 * @throws {WaylayError} `WAYLAY_GRANT_TAKEN` where somebody else's object has the name.
 */
export async function getGrant (cluster: Cluster, namespace: string, name: string): Promise<Grant | undefined> {
  const account = accountOf(name)
  const [found, binding] = await Promise.all([
    get<Account>(cluster, namespace, 'serviceaccounts', `${accountsPath(namespace)}/${account}`, account),
    get<Binding>(cluster, namespace, BINDINGS, `${bindingsPath(namespace)}/${account}`, account)
  ])
  if (found !== undefined) requireOurs('ServiceAccount', found)
  if (binding !== undefined) requireOurs('RoleBinding', binding)
  return found === undefined ? undefined : toGrant(found, binding)
}

/**
 * Makes the account, which may nothing yet.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` where the namespace is not there; `WAYLAY_GRANT_TAKEN` where somebody was
 *   faster; `WAYLAY_FORBIDDEN`.
 */
export async function createAccount (
  cluster: Cluster, namespace: string, name: string, endsAtMs: number
): Promise<Grant> {
  const account = accountOf(name)
  const { status, body } = await callApi(cluster, {
    verb: 'create',
    resource: 'serviceaccounts',
    namespace,
    path: accountsPath(namespace),
    body: {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: account, labels: GRANT_LABELS, annotations: { [GRANT_ENDS]: toTime(endsAtMs) } },
      // A pod that names it gets nothing by it.
      automountServiceAccountToken: false
    },
    expected: [404, 409]
  })
  if (status < 400) return toGrant(body as Account, undefined)
  if (status === 409) throw madeMeanwhile(account, namespace)
  throw new WaylayError('WAYLAY_USAGE', `There is no namespace "${namespace}"`, { hint: 'List them: kubectl get namespaces' })
}

/** Writes down when the last of its tokens ends. */
export async function setEnd (cluster: Cluster, { namespace, account }: Grant, endsAtMs: number): Promise<void> {
  await callApi(cluster, {
    verb: 'patch',
    resource: 'serviceaccounts',
    namespace,
    name: account,
    path: `${accountsPath(namespace)}/${account}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: { [GRANT_ENDS]: toTime(endsAtMs) } } }
  })
}

/**
 * Takes the account away, and with it the API server refuses its tokens; then the binding. A successor of the same name
 * is left alone. False when it was gone already.
 */
export async function deleteGrant (cluster: Cluster, { namespace, account, uid }: Grant): Promise<boolean> {
  const { status } = await callApi(cluster, {
    verb: 'delete',
    resource: 'serviceaccounts',
    namespace,
    name: account,
    path: `${accountsPath(namespace)}/${account}`,
    body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } },
    expected: [404, 409]
  })
  if (status !== 409) await deleteBinding(cluster, namespace, account)
  return status < 400
}

export async function deleteBinding (cluster: Cluster, namespace: string, account: string): Promise<void> {
  await callApi(cluster, {
    verb: 'delete',
    resource: BINDINGS,
    namespace,
    name: account,
    path: `${bindingsPath(namespace)}/${account}`,
    expected: [404]
  })
}

export const BINDINGS = 'rolebindings.rbac.authorization.k8s.io'

export function bindingsPath (namespace: string | undefined): string {
  return `/apis/rbac.authorization.k8s.io/v1${namespace === undefined ? '' : `/namespaces/${namespace}`}/rolebindings`
}

export function accountsPath (namespace: string | undefined): string {
  return `/api/v1${namespace === undefined ? '' : `/namespaces/${namespace}`}/serviceaccounts`
}

/** Somebody who made it in the same moment. */
export function madeMeanwhile (account: string, namespace: string): WaylayError {
  return new WaylayError('WAYLAY_GRANT_TAKEN', `Somebody made "${account}" in namespace "${namespace}" at this moment`,
    { hint: 'Run the same command again: it renews a grant that is there.' })
}

/** @throws {WaylayError} `WAYLAY_GRANT_TAKEN` */
function requireOurs (kind: string, { metadata }: Account | Binding): void {
  if (Object.entries(GRANT_LABELS).every(([key, value]) => metadata.labels?.[key] === value)) return
  throw new WaylayError('WAYLAY_GRANT_TAKEN',
    `${kind} "${metadata.name}" in namespace "${metadata.namespace}" was not made by waylay grant`)
}

async function get<T> (
  cluster: Cluster, namespace: string, resource: string, path: string, name: string
): Promise<T | undefined> {
  const { status, body } = await callApi(cluster, { verb: 'get', resource, namespace, name, path, expected: [404] })
  return status === 404 ? undefined : body as T
}

function toGrant ({ metadata }: Account, binding: Binding | undefined): Grant {
  const { name: account, namespace, uid, creationTimestamp = '', annotations } = metadata
  const endsAtMs = Date.parse(annotations?.[GRANT_ENDS] ?? '')
  return {
    name: account.startsWith(ACCOUNT_PREFIX) ? account.slice(ACCOUNT_PREFIX.length) : account,
    namespace,
    account,
    uid,
    role: binding?.roleRef.name,
    madeAtMs: Date.parse(creationTimestamp),
    endsAtMs: Number.isNaN(endsAtMs) ? undefined : endsAtMs
  }
}

function toTime (ms: number): string {
  return new Date(ms).toISOString()
}
