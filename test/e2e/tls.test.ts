import test, { type ExecutionContext } from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { apply, eventually, kubectl } from '../helpers/kube.ts'
import { mountProgram, PROGRAM_COMMAND, PROGRAM_MOUNT, programVolume } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { fingerprint, makePair } from '../helpers/tls.ts'
import { startIntercept, type RunningIntercept } from '../helpers/waylay.ts'
import { FIXTURES_IMAGE } from '../helpers/workload.ts'
import type { Pair } from '../../webhook/certificates/x509.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const ANNOTATION = 'waylay.dev/tls-secret'

test('requests over TLS are diverted where the pod names its certificate', async t => {
  const namespace = await makeNamespace(t)
  const pair = await makePair('app')
  await applySecret(namespace, 'app-cert', pair)
  await deployTlsApp(namespace, { [ANNOTATION]: 'app-cert' })
  await startCaller(t, namespace)
  const [maria, intercept] = await interceptAsMaria(t, namespace)

  const marked = await callOverTls(namespace, MARIA)
  const other = await callOverTls(namespace)

  t.is(marked.json.answeredBy, 'maria')
  t.is(marked.headers['x-waylay-diverted-to'], intercept.ready.intercept)
  t.is(maria.seen.length, 1)
  t.deepEqual(other.json, { answeredBy: 'app', path: '/', servername: 'app', alpn: 'http/1.1' })
  t.deepEqual([marked.fingerprint, other.fingerprint], Array(2).fill(fingerprint(pair.certificate)))
  await warned(intercept, /curl -k .*https:\/\/app\./)
  t.notRegex(intercept.stderr(), /cannot look inside|passed on unread/)
})

test('without the annotation TLS reaches the app untouched, and the developer is told what to set', async t => {
  const namespace = await makeNamespace(t)
  const pair = await makePair('app')
  await applySecret(namespace, 'app-cert', pair)
  await deployTlsApp(namespace, {})
  await startCaller(t, namespace)
  const [maria, intercept] = await interceptAsMaria(t, namespace)
  await warned(intercept, /Warning: port 8443 looks like TLS.*cannot look inside.*waylay\.dev\/tls-secret/)

  const answer = await callOverTls(namespace, MARIA)

  t.is(answer.json.answeredBy, 'app')
  t.is(answer.fingerprint, fingerprint(pair.certificate))
  t.is(maria.seen.length, 0)
  await eventually('the developer is told of the connection', async () =>
    intercept.events.find(({ event, reason }) => event === 'opaque' && reason === 'tls'))
})

test('a Secret that is missing keeps no pod from starting, and opens TLS when it comes', async t => {
  const namespace = await makeNamespace(t)
  const pair = await makePair('app')
  await applySecret(namespace, 'app-cert', pair)
  await deployTlsApp(namespace, { [ANNOTATION]: '8443=late-cert' })
  await startCaller(t, namespace)
  const [, intercept] = await interceptAsMaria(t, namespace)
  await warned(intercept, /Warning: pod app-.* has no certificate for port 8443/)
  t.is((await callOverTls(namespace, MARIA)).json.answeredBy, 'app')

  const startedMs = performance.now()
  await applySecret(namespace, 'late-cert', pair)
  await eventually('the Secret is in the pod', async () =>
    (await callOverTls(namespace, MARIA)).json.answeredBy === 'maria' ? true : undefined, { timeoutMs: 150_000, everyMs: 1000 })

  t.log(`opened ${Math.round((performance.now() - startedMs) / 1000)} s after the Secret was made`)
  t.is((await callOverTls(namespace)).json.answeredBy, 'app')
})

async function interceptAsMaria (t: ExecutionContext, namespace: string) {
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
  return [maria, intercept] as const
}

// The line for programs comes first, on another stream.
async function warned (intercept: RunningIntercept, text: RegExp): Promise<void> {
  await eventually(`the developer reads ${text}`, async () => text.test(intercept.stderr()) ? true : undefined)
}

async function applySecret (namespace: string, name: string, { certificate, key }: Pair): Promise<void> {
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name, namespace },
    stringData: { 'tls.crt': certificate, 'tls.key': key }
  })
}

/** An app of its own on 8443, with the Secret `app-cert`, and its Service. */
async function deployTlsApp (namespace: string, annotations: Readonly<Record<string, string>>): Promise<void> {
  const program = await mountProgram(namespace, 'tls-app.ts')
  const labels = { app: 'app' }
  await apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: {
          terminationGracePeriodSeconds: 5,
          containers: [{
            name: 'app',
            image: FIXTURES_IMAGE,
            command: PROGRAM_COMMAND,
            ports: [{ name: 'https', containerPort: 8443 }],
            readinessProbe: { httpGet: { path: '/', port: 'https', scheme: 'HTTPS' }, periodSeconds: 1 },
            volumeMounts: [PROGRAM_MOUNT, { name: 'tls', mountPath: '/tls', readOnly: true }]
          }],
          volumes: [programVolume(program), { name: 'tls', secret: { secretName: 'app-cert' } }]
        }
      }
    }
  }, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'app', namespace },
    spec: { selector: labels, ports: [{ port: 443, targetPort: 'https' }] }
  })
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/app', '--timeout=90s'])
}

type TlsAnswer = {
  readonly json: { readonly answeredBy?: string }
  readonly headers: Readonly<Record<string, string>>
  readonly fingerprint: string
}

// In the caller's pod, so that nothing is between it and the app that is not there for others.
const CALL = `
const [headers] = process.argv.slice(1)
const wish = { host: 'app', headers: JSON.parse(headers), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }
require('node:https').get(wish, answer => {
  const { fingerprint256 } = answer.socket.getPeerCertificate()
  let body = ''
  answer.setEncoding('utf8').on('data', piece => { body += piece })
  answer.on('end', () => console.log(JSON.stringify({
    json: JSON.parse(body), headers: answer.headers, fingerprint: fingerprint256
  })))
})`

async function callOverTls (namespace: string, headers: Readonly<Record<string, string>> = {}): Promise<TlsAnswer> {
  const printed = await kubectl(['-n', namespace, 'exec', 'caller', '--', 'node', '-e', CALL, JSON.stringify(headers)])
  return JSON.parse(printed) as TlsAnswer
}
