import { ENVIRONMENT_KIND, ENVIRONMENT_LABELS, INJECT_LABEL } from '../../common/contract.ts'
import { companionName, copyName } from '../../environments/names.ts'
import { newEnvironment, type Environment } from '../../environments/object.ts'
import { getJson, runProgram, theCluster, type Ran } from './kube.ts'
import { podTemplate } from './workload.ts'

/** Runs kubectl as whoever has this kubeconfig. */
export async function kubectlAs (kubeconfig: string, args: readonly string[], input?: object): Promise<Ran> {
  const { kubectl } = await theCluster()
  return await runProgram(kubectl, ['--kubeconfig', kubeconfig, ...args], { input: JSON.stringify(input ?? {}) })
}

/** The object that owns an environment of the workload `app`. */
export function rootOf (namespace: string, name: string, livesMs: number): Environment {
  return newEnvironment(namespace, name, {
    header: 'x-waylay-id',
    value: `${name}-fk27d4ab`,
    workloads: [{ workload: 'deployment/app', copy: copyName('deployment/app', name), ports: [8080], images: {} }],
    expiresAt: new Date(Date.now() + livesMs).toISOString()
  })
}

/** Makes an environment with one object of each kind that one has, as the holder of the kubeconfig. */
export async function makeEnvironmentByHand (
  kubeconfig: string, namespace: string, name: string, livesMs: number
): Promise<Environment> {
  const make = async (object: object): Promise<void> => {
    const { exitCode, stderr } = await kubectlAs(kubeconfig, ['apply', '--server-side', '-f', '-'], object)
    if (exitCode !== 0) throw new Error(`Not made: ${stderr}`)
  }
  await make(rootOf(namespace, name, livesMs))
  const root = await getJson<Environment>(['-n', namespace, 'environments', name])
  for (const object of partsOf(root)) await make(object)
  return root
}

type Found = {
  readonly kind: string
  readonly metadata: { readonly name: string, readonly ownerReferences?: readonly { readonly name: string }[] }
}

/** What of the environment is still there, as `kind/name`. */
export async function remainsOf (namespace: string, name: string): Promise<readonly string[]> {
  const kinds = 'deployments,replicasets,pods,services,configmaps,serviceaccounts,roles,rolebindings,networkpolicies'
  const { items } = await getJson<{ items: Found[] }>(
    ['-n', namespace, kinds, '-l', `${ENVIRONMENT_LABELS.environment}=${name}`])
  // Neither the root nor what the companion makes carries the label.
  const others = await getJson<{ items: Found[] }>(['-n', namespace, 'environments,intercepts'])
  const isIts = ({ kind, metadata }: Found): boolean => kind === ENVIRONMENT_KIND
    ? metadata.name === name
    : metadata.ownerReferences?.some(owner => owner.name === name) === true
  return [...items, ...others.items.filter(isIts)].map(({ kind, metadata }) => `${kind}/${metadata.name}`)
}

function partsOf ({ apiVersion, kind, metadata: { namespace, name, uid } }: Environment): readonly object[] {
  const labels = { [ENVIRONMENT_LABELS.environment]: name }
  const ownerReferences = [{ apiVersion, kind, name, uid, controller: false, blockOwnerDeletion: true }]
  const metadata = { namespace, labels, ownerReferences }
  const companion = { ...metadata, name: companionName(name) }
  const copy = copyName('deployment/app', name)
  const pods = { ...labels, [ENVIRONMENT_LABELS.copy]: copy }
  const rbac = 'rbac.authorization.k8s.io'
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: companion },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: companion, data: {} },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: companion,
      rules: [{ apiGroups: ['waylay.dev'], resources: ['intercepts'], verbs: ['create', 'get', 'delete'] }]
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: companion,
      roleRef: { apiGroup: rbac, kind: 'Role', name: companion.name },
      subjects: [{ kind: 'ServiceAccount', name: companion.name, namespace }]
    },
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: companion, spec: { podSelector: { matchLabels: pods } } },
    { apiVersion: 'v1', kind: 'Service', metadata: { ...metadata, name: copy }, spec: { selector: pods, ports: [{ port: 80 }] } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadata, name: copy },
      spec: {
        replicas: 1,
        selector: { matchLabels: pods },
        template: { ...podTemplate(), metadata: { labels: { ...pods, [INJECT_LABEL]: 'disabled' } } }
      }
    }
  ]
}
