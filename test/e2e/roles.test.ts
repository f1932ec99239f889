import test, { type ExecutionContext } from 'ava'
import { mayI } from '../../cli/cluster/access-review.ts'
import { callApi } from '../../cli/cluster/api.ts'
import { openCluster, type Cluster } from '../../cli/cluster/kubeconfig.ts'
import { SYSTEM_NAMESPACE } from '../../common/contract.ts'
import { listApiResources, type ApiResource } from '../helpers/api-resources.ts'
import { apply } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { keyOf, namelessRights, rightsOnPage, rulesOfWebhook, type RightSet } from '../helpers/role-rights.ts'
import { bindingOf, forEachOf, openAdministrator } from '../helpers/user-with-rights.ts'
import { waylay } from '../helpers/waylay.ts'

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection',
  'impersonate', 'bind', 'escalate', 'approve', 'sign', 'attest', 'use', 'proxy', 'global', 'takeover', '*']

const PATHS = ['/metrics', '/logs/', '/debug/pprof/', '/configz', '/flagz', '/statusz']

const ROLES = ['waylay-developer', 'waylay-ci', 'waylay-environments', 'waylay-global', 'waylay-takeover',
  'waylay-environment', 'waylay-identity']

/** Asks for every verb on every resource, as the user. Returns what they may. */
async function tryEverything (
  cluster: Cluster, namespace: string, resources: readonly ApiResource[]
): Promise<RightSet> {
  const allowed = new Set<string>()
  await forEachOf(resources, 24, async ({ group, name }) => {
    const [resource = '', subresource] = name.split('/')
    for (const verb of VERBS) {
      const right = { verb, group, resource, ...(subresource !== undefined && { subresource }) }
      if (await mayI(cluster, namespace, right)) allowed.add(keyOf(verb, group, name))
    }
  })
  return allowed
}

type Somebody = { readonly who: string, readonly kubeconfig: string }

/** Every no is no, and every yes stands on the page. */
async function compare (
  t: ExecutionContext, { who, kubeconfig }: Somebody, namespace: string, expected: RightSet,
  resources: readonly ApiResource[]
): Promise<void> {
  const cluster = openCluster({ kubeconfig }, { env: {}, homeDir: '' })
  const where = namespace === '' ? 'the cluster' : namespace
  try {
    const startedMs = performance.now()
    const allowed = await tryEverything(cluster, namespace, resources)
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
    t.log(`${who} in ${where}: ${resources.length * VERBS.length} tried, ${allowed.size} allowed, ${seconds} s`)
    // Of kinds that this cluster does not have, and of what no list of kinds holds (finalizers), nobody is asked.
    const asked = [...expected].filter(key => resources.some(({ group, name }) => key.endsWith(` ${group} ${name}`)))
    t.deepEqual([...allowed].sort(), asked.sort(), `${who} in ${where}`)
    for (const path of PATHS) {
      const asked = { verb: 'get', resource: path, path, expected: [403, 404], asText: true } as const
      t.not((await callApi(cluster, asked)).status, 200, `${who} reads ${path}`)
    }
  } finally {
    cluster.close()
  }
}

test.serial('no role of ours gives a verb that the page does not list', async t => {
  const [namespace, administrator] = [await makeNamespace(t, { inject: false }), await openAdministrator(t)]
  const resources = await listApiResources(administrator.cluster)
  t.true(resources.length > 100)
  await apply(...ROLES.flatMap(role => [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: role, namespace } },
    { ...bindingOf(role, { kind: 'ClusterRole', name: role }, { namespace, name: role }), metadata: { name: role, namespace } }
  ]))

  for (const role of ROLES) {
    const somebody = { who: role, kubeconfig: await administrator.kubeconfigOf(namespace, role) }
    await compare(t, somebody, namespace, rightsOnPage(role), resources)
  }
})

test.serial('the webhook may what its page says, and no more by an object\'s name', async t => {
  const administrator = await openAdministrator(t)
  const resources = await listApiResources(administrator.cluster)
  const kubeconfig = await administrator.kubeconfigOf(SYSTEM_NAMESPACE, 'waylay-webhook')
  const [everywhere, atHome] = [rulesOfWebhook(['ClusterRole']), rulesOfWebhook(['ClusterRole', 'Role'])]

  await compare(t, { who: 'webhook', kubeconfig }, 'default', namelessRights(everywhere), resources)
  await compare(t, { who: 'webhook', kubeconfig }, SYSTEM_NAMESPACE, namelessRights(atHome), resources)
  const cluster = openCluster({ kubeconfig }, { env: {}, homeDir: '' })
  t.teardown(() => { cluster.close() })
  for (const { apiGroups: [group = ''], resources: [resource = ''], resourceNames = [], verbs } of atHome) {
    for (const name of resourceNames) {
      const nameless = VERBS.filter(verb => namelessRights(atHome).has(keyOf(verb, group, resource)))
      const may = await Promise.all(VERBS.map(async verb =>
        await mayI(cluster, SYSTEM_NAMESPACE, { verb, group, resource, name })))
      const allowed = VERBS.filter((_verb, index) => may[index])
      t.log(`${resource} ${name}: ${allowed.join(', ')}`)
      t.deepEqual(allowed.toSorted(), [...new Set([...verbs, ...nameless])].sort(), `${resource} ${name}`)
    }
  }
})

for (const [role, ...flags] of [
  ['waylay-developer'], ['waylay-ci', '--ci'], ['waylay-environments', '--environments']
] as const) {
  test.serial(`a grant of ${role} is good for its namespace and nowhere else`, async t => {
    const namespace = await makeNamespace(t, { inject: false })
    const other = await makeNamespace(t, { inject: false })
    const { cluster, fileOf } = await openAdministrator(t)
    const resources = await listApiResources(cluster)
    const made = await waylay(['grant', 'maria', '-n', namespace, '--ttl', '10m', ...flags])
    t.is(made.exitCode, 0, made.stderr)
    const somebody = { who: `grant of ${role}`, kubeconfig: fileOf(made.stdout) }

    await compare(t, somebody, namespace, rightsOnPage(role), resources)
    await compare(t, somebody, other, rightsOnPage('nobody'), resources)
    await compare(t, somebody, '', rightsOnPage('nobody'), resources)
  })
}
