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

const environments = (...verbs: readonly Asked['verb'][]): Right => ({ role: 'waylay-environments', verbs })

/** What no role of developers gives. The same test compares it. */
export const RIGHTS_OF_ENVIRONMENTS: Readonly<Record<string, Right>> = {
  events: environments('list'),
  services: environments('create', 'get', 'list', 'patch', 'delete'),
  configmaps: environments('create', 'get', 'list', 'patch', 'delete'),
  serviceaccounts: environments('create', 'get', 'list', 'patch', 'delete'),
  persistentvolumeclaims: environments('get'),
  'deployments.apps': environments('create', 'get', 'list', 'watch', 'patch', 'delete'),
  'networkpolicies.networking.k8s.io': environments('create', 'get', 'list', 'patch', 'delete'),
  'authorizationpolicies.security.istio.io': environments('create', 'get', 'list', 'patch', 'delete'),
  'peerauthentications.security.istio.io': environments('create', 'get', 'list', 'patch', 'delete'),
  'requestauthentications.security.istio.io': environments('create', 'get', 'list', 'patch', 'delete'),
  'sidecars.networking.istio.io': environments('create', 'get', 'list', 'patch', 'delete'),
  'ciliumnetworkpolicies.cilium.io': environments('list'),
  'networkpolicies.crd.projectcalico.org': environments('list'),
  'servers.policy.linkerd.io': environments('list'),
  'poddisruptionbudgets.policy': environments('list'),
  'roles.rbac.authorization.k8s.io': environments('create', 'get', 'list', 'patch', 'delete'),
  'rolebindings.rbac.authorization.k8s.io': environments('create', 'get', 'list', 'patch', 'delete'),
  'environments.waylay.dev': environments('create', 'get', 'list', 'watch', 'update', 'patch', 'delete'),
  'environments.waylay.dev/status': environments('patch'),
  'environments.waylay.dev/finalizers': environments('update')
}

/**
 * What to type where a right is missing, or whom to ask for what.
 *
 * @param text what the API server said: it names the user.
 */
export function hintForRight (asked: Asked, text: string): string {
  const { verb, resource, namespace } = asked
  const right = [RIGHTS[resource], RIGHTS_OF_ENVIRONMENTS[resource]].find(known => known?.verbs.includes(verb) === true)
  if (right === undefined || namespace === undefined || namespace === SYSTEM_NAMESPACE) {
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
