import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { redactText } from '../../../cli/collect/redact.ts'
import { writeTar } from '../../../cli/collect/tar.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { aPod, DEPLOYMENT } from '../helpers/pods.ts'
import { runToEnd } from '../helpers/run-cli.ts'
import { listOf, startScriptedApi } from '../helpers/scripted-api.ts'

const CANARY = 'canary-5ecret-9f2b'
const PODS = 'GET /api/v1/namespaces/shop/pods'

async function makeFolder (t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'waylay-collect-'))
  t.teardown(async () => { await rm(dir, { recursive: true }) })
  return dir
}

/** A namespace with a secret in every place where the cluster or a bug of ours may have put one. */
function secretive () {
  const pod = aPod('payments-1')
  const intercept = {
    metadata: { name: 'abc', namespace: 'shop', uid: 'u', annotations: { note: CANARY }, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      workload: 'deployment/payments',
      port: 8080,
      global: false,
      owner: 'maria',
      host: 'marias-laptop',
      fence: 1,
      sessionKey: `key-${CANARY}`,
      ticket: `ticket-${CANARY}`,
      match: { headers: [{ type: 'Exact', name: 'x-user', value: CANARY }, { type: 'Glob', name: 'x-team', value: `${CANARY}*` }] },
      unknown: CANARY
    }
  }
  return {
    'GET /apis/apps/v1/namespaces/shop/deployments/payments': DEPLOYMENT,
    'GET /apis/waylay.dev/v1alpha1/namespaces/shop/intercepts': listOf(intercept),
    [PODS]: listOf({
      ...pod,
      metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, 'app/secret': CANARY }, labels: { app: 'payments', secret: CANARY } },
      spec: { initContainers: pod.spec.initContainers, containers: [{ name: 'app', args: [CANARY], env: [{ name: 'PASSWORD', value: CANARY }] }] },
      status: { ...pod.status, containerStatuses: [{ name: 'app', state: { terminated: { message: CANARY } } }] }
    }),
    [`${PODS}/payments-1/log`]: `{"msg":"proxy started"}\n{"msg":"a bug that logs ${CANARY}"}\nAuthorization: Bearer abc.def\n`,
    'GET /api/v1/namespaces/shop/events': listOf(
      { reason: 'Unhealthy', message: `probe says ${CANARY}`, involvedObject: { kind: 'Pod', name: 'payments-1', fieldPath: 'spec.containers{app}' } },
      { reason: 'Pulled', message: 'image is there', involvedObject: { kind: 'Pod', name: 'payments-1', fieldPath: 'spec.initContainers{waylay-proxy}' } })
  }
}

test('a secret in every place is nowhere in the archive', async t => {
  const dir = await makeFolder(t)
  const api = await startScriptedApi(t, secretive())
  const file = path.join(dir, 'report.tar.gz')

  const { exitCode, stdout, stderr } = await runToEnd(t,
    ['--kubeconfig', await writeKubeconfig(t, api.url), 'collect', 'payments', '--file', file])
  await promisify(execFile)('tar', ['-xzf', 'report.tar.gz'], { cwd: dir })

  t.is(exitCode, 0, stderr)
  const names = stdout.split('\n')
  const texts = await Promise.all(names.map(async name => await readFile(path.join(dir, name), 'utf8')))
  for (const [index, text] of texts.entries()) {
    t.false(text.includes(CANARY), names[index])
    t.false(/secret-token|Bearer abc/.test(text), names[index])
  }
  const whole = texts.join('\n')
  t.regex(whole, /proxy started/)
  t.regex(whole, /"owner": "maria"/)
  t.regex(whole, /image is there/)
  t.regex(whole, /waylay\.dev\/status/)
  t.regex(whole, /logs of the webhook: /, 'what could not be read is said')
  t.true(['versions.json', 'doctor.json', 'intercepts.json', 'pods.json', 'events.json', 'missing.txt'].every(name => names.includes(name)))
})

test('a file that is there already is not written over', async t => {
  const dir = await makeFolder(t)
  const api = await startScriptedApi(t, secretive())
  const args = ['--kubeconfig', await writeKubeconfig(t, api.url), 'collect', '--file', path.join(dir, 'report.tar.gz')]
  await runToEnd(t, args)
  const before = await stat(path.join(dir, 'report.tar.gz'))

  const { exitCode, stderr } = await runToEnd(t, args)

  t.is(exitCode, 2)
  t.regex(stderr, /^Cannot write .*EEXIST/)
  t.is((await stat(path.join(dir, 'report.tar.gz'))).mtimeMs, before.mtimeMs)
})

test('a name that does not fit into an archive is refused', t => {
  t.throws(() => writeTar([{ name: 'x'.repeat(101), text: '' }], 0), { instanceOf: RangeError })
})

test('what looks like a secret is masked, and the longer of two first', t => {
  t.is(redactText('a abcd abcdef', ['abcdef', 'abcd']), 'a *** ***')
  t.is(redactText('Basic dXNlcjpwYXNz and https://user:pass@host/ and eyJhbGciOi.eyJzdWIi.c2ln', []), '*** and https:***host/ and ***')
})
