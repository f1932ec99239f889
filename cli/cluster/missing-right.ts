import { SYSTEM_NAMESPACE } from '../../common/contract.ts'
import type { Asked } from './asked.ts'

type Right = { readonly role: string, readonly verbs: readonly Asked['verb'][] }

const developer = (...verbs: readonly Asked['verb'][]): Right => ({ role: 'waylay-developer', verbs })

/** Which of our ClusterRoles has a right, by resource. A test compares it with manifests/developer-rbac.yaml. */
export const RIGHTS: Readonly<Record<string, Right>> = {
  pods: developer('get', 'list', 'watch'),
  services: developer('get', 'list'),
  namespaces: developer('get'),
  'deployments.apps': developer('get', 'list'),
  'statefulsets.apps': developer('get', 'list'),
  'daemonsets.apps': developer('get', 'list'),
  'replicasets.apps': developer('get', 'list'),
  'endpointslices.discovery.k8s.io': developer('list', 'watch'),
  'pods/portforward': developer('create', 'get'),
  'pods/log': developer('get'),
  'intercepts.waylay.dev': developer('create', 'get', 'list', 'watch', 'update', 'delete'),
  'intercepts.waylay.dev/status': developer('patch'),
  configmaps: { role: 'waylay-environment', verbs: ['get'] },
  secrets: { role: 'waylay-environment', verbs: ['get'] },
  'serviceaccounts/token': { role: 'waylay-identity', verbs: ['create'] }
}

/**
 * What to type where a right is missing, or whom to ask for what.
 *
 * @param text what the API server said: it names the user.
 */
export function hintForRight (asked: Asked, text: string): string {
  const { verb, resource, namespace } = asked
  const right = RIGHTS[resource]
  if (right?.verbs.includes(verb) !== true || namespace === undefined || namespace === SYSTEM_NAMESPACE) {
    return `Ask for a Role with the verb ${verb} on ${resource} (docs/rights.md).`
  }
  const command = `kubectl -n ${namespace} create rolebinding ${bind(right.role, text)}`
  // Who may not even look is mostly in somebody else's namespace, or has mistyped their own.
  const mayBeElsewhere = !resource.includes('/') && (verb === 'get' || verb === 'list')
  return `${mayBeElsewhere ? 'Name your own namespace with -n, or ask' : 'Ask'} an administrator to run: ${command}`
}

/** `waylay-maria --clusterrole=waylay-developer --user='maria'`. */
function bind (role: string, text: string): string {
  const user = /User "([^"]+)"/.exec(text)?.[1] ?? '<you>'
  const [, accountNamespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? []
  const subject = account === undefined
    ? `--user='${user.replaceAll('\'', '\'\\\'\'')}'`
    : `--serviceaccount=${accountNamespace}:${account}`
  const name = (account ?? user).toLowerCase().replace(/[^a-z0-9.-]+/g, '-').replace(/^-|-$/g, '')
  return `${role === 'waylay-developer' ? 'waylay' : role}-${name} --clusterrole=${role} ${subject}`
}
