import test, { type ExecutionContext } from 'ava'
import { parseAllDocuments } from 'yaml'
import type { Manifest } from '../../../../cli/manifests.ts'
import { writeKubeconfig } from '../../helpers/kubeconfig.ts'
import { runToEnd } from '../../helpers/run-cli.ts'
import { listOf, startScriptedApi } from '../../helpers/scripted-api.ts'
import { aPod } from '../../helpers/workload-objects.ts'

const TEMPLATE = {
  metadata: { labels: { app: 'payments' } },
  spec: { containers: [{ name: 'app', image: 'payments:1', env: [{ name: 'DEBUG', value: 'yes' }], ports: [{ containerPort: 8080 }] }] }
}

async function dryRun (t: ExecutionContext, ...args: string[]) {
  const api = await startScriptedApi(t, {
    'GET /apis/waylay.dev/v1alpha1/namespaces/shop/environments/pr-1': (_request, response) => {
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ message: 'not found', details: { name: 'pr-1' } }))
    },
    'GET /apis/apps/v1/namespaces/shop/deployments/payments': {
      metadata: { name: 'payments' }, spec: { selector: { matchLabels: { app: 'payments' } }, template: TEMPLATE }
    },
    'GET /api/v1/namespaces/shop/pods': listOf(aPod('payments-1', { workload: 'deployment/payments', owner: { kind: 'Deployment', name: 'payments' } })),
    'GET /api/v1/namespaces/shop/services': listOf(),
    'GET /apis': { groups: [] },
    'GET /apis/networking.k8s.io/v1': { resources: [] },
    'GET /apis/networking.k8s.io/v1/namespaces/shop/networkpolicies': listOf(),
    'GET /apis/networking.k8s.io/v1/networkpolicies': listOf()
  })
  const kubeconfig = await writeKubeconfig(t, api.url)
  const ran = await runToEnd(t, ['--kubeconfig', kubeconfig, '-n', 'shop', 'env', 'up', 'pr-1', '--workload', 'payments', '--dry-run', ...args])
  return { ...ran, requests: api.requests }
}

test('a dry run prints every object and writes none', async t => {
  const { exitCode, stdout, stderr, requests } = await dryRun(t, '--image', 'payments:pr-1')

  t.is(exitCode, 0, stderr)
  const objects = parseAllDocuments(stdout).map(document => document.toJS() as Manifest)
  t.deepEqual(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`), [
    'Environment/pr-1', 'ServiceAccount/waylay-env-pr-1', 'Role/waylay-env-pr-1', 'RoleBinding/waylay-env-pr-1',
    'ConfigMap/waylay-env-pr-1', 'Deployment/waylay-env-pr-1', 'Service/payments-pr-1', 'Deployment/payments-pr-1'
  ])
  t.true(stdout.includes('value: "yes"'), 'a YAML 1.1 reader would see a boolean')
  t.regex(stderr, /Nothing was written/)
  t.deepEqual(requests.filter(line => !line.startsWith('GET ')), [])
})

test('a dry run for programs is one JSON list', async t => {
  const { exitCode, stdout } = await dryRun(t, '--output', 'json', '--env', 'DEBUG=no')

  t.is(exitCode, 0)
  const objects = JSON.parse(stdout) as readonly (Manifest & { spec?: { template?: typeof TEMPLATE } })[]
  t.is(objects.length, 8)
  t.deepEqual(objects.at(-1)?.spec?.template?.spec.containers[0]?.env, [{ name: 'DEBUG', value: 'no' }, { name: 'WAYLAY_ENV', value: 'pr-1' }])
})

test('an image for a container that is not there is refused with those there are', async t => {
  const { exitCode, stderr } = await dryRun(t, '--image', 'worker=x')

  t.is(exitCode, 2)
  t.regex(stderr, /WAYLAY_IMAGE_UNKNOWN/)
  t.regex(stderr, /payments\/app/)
})

test('a flag of env itself is none of env up', async t => {
  const runs = [await dryRun(t, '--format', 'json'), await dryRun(t, '--show-secrets')]

  t.deepEqual(runs.map(({ exitCode }) => exitCode), [2, 2])
  t.regex(runs[0]?.stderr ?? '', /Unknown option '--format' of env up/)
})
