import { X509Certificate } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { makeAuthority, makeServing, type Pair } from '../../webhook/certificates/x509.ts'
import { openApi, type ApiClient } from '../helpers/api-client.ts'
import { apply, eventually, getJson, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { createPod, isInjected, MAX_LATE, startPodStream, type StreamResult } from '../helpers/pod-stream.ts'
import { rollOut, servedSerials, SYSTEM, webhookLog, webhookPods, webhookReady, type LogLine } from '../helpers/webhook-pods.ts'
import { isReady } from '../helpers/workload.ts'

const DNS_NAME = 'waylay-webhook.waylay-system.svc'
const SUPPLIED = 'waylay-tls'
const RBAC = fileURLToPath(new URL('../../manifests/examples/supplied-certificate/rbac.yaml', import.meta.url))
const SECRET_PATH = `/api/v1/namespaces/${SYSTEM}/secrets/waylay-webhook`

const KEYS = ['ca.crt', 'ca.key', 'tls.crt', 'tls.key', 'ticket.key']

type Secret = {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  readonly data: Readonly<Record<string, string>>
}

async function rotate (api: ApiClient, value: string): Promise<void> {
  const body = { metadata: { annotations: { 'waylay.dev/rotate': value } } }
  const { status } = await api.send('PATCH', SECRET_PATH, body, 'application/merge-patch+json')
  if (status !== 200) throw new Error(`The Secret was not annotated: ${status}`)
}

async function readSecret (): Promise<Secret> {
  return await getJson<Secret>(['-n', SYSTEM, 'secret', 'waylay-webhook'])
}

/** The longest time between two pods' first use of the same certificate, ms. */
function largestSpreadMs (lines: readonly LogLine[]): number {
  const times = Map.groupBy(lines, line => line['serialNumber'])
  const spreads = [...times.values()].filter(({ length }) => length > 1)
    .map(found => found.map(line => Date.parse(String(line['time'])))).map(found => Math.max(...found) - Math.min(...found))
  return Math.max(0, ...spreads)
}

async function bundleSize (): Promise<number> {
  const { webhooks } = await getJson<{ webhooks: { clientConfig: { caBundle: string } }[] }>(
    ['mutatingwebhookconfiguration', 'waylay'])
  const sizes = webhooks.map(({ clientConfig: { caBundle } }) => Buffer.from(caBundle, 'base64').toString().split('BEGIN CERT').length - 1)
  return Math.min(...sizes)
}

function tell (t: ExecutionContext, what: string, { missedAtMs, refused, ...counts }: StreamResult): void {
  t.log(`${what}: ${JSON.stringify({ ...counts, missed: missedAtMs.length, refused: refused.length })}`)
  t.deepEqual(missedAtMs, [], 'pods without waylay, by ms after the start')
  t.true(counts.lateAtMs.length <= MAX_LATE, 'pods that the API server did not wait for')
  t.deepEqual(refused, [])
}

test.serial('rotations every ten seconds while 20 pods a second are made: each is injected', async t => {
  const namespace = await makeNamespace(t)
  const api = await openApi(t)
  const before = await readSecret()
  const known = new Set(await servedSerials())
  const stream = startPodStream(api, namespace, 20)
  let largest = 0
  for (let round = 1; round <= 12; round += 1) {
    await rotate(api, `e2e-${round}`)
    await sleep(10_000)
    largest = Math.max(largest, await bundleSize())
  }
  const result = await stream.stop()

  const serials = (await servedSerials()).filter(serial => !known.has(serial))
  const served = (await webhookLog()).filter(({ event }) => event === 'certificate.in-use')
  const after = await readSecret()
  const pods = Object.entries(Object.groupBy(served, ({ pod }) => pod)).map(([pod, lines]) => `${pod} ${lines?.length}`)
  t.log(`serial numbers served meanwhile: ${serials.length}; certificates by pod: ${pods.join(', ')}; ` +
    `longest time between the two: ${largestSpreadMs(served.filter(line => serials.includes(String(line['serialNumber']))))} ms; ` +
    `largest bundle: ${largest} authorities; done: ${after.metadata.annotations?.['waylay.dev/rotated']}`)
  tell(t, '120 s, a rotation each 10 s', result)
  t.true(result.created >= 2400, String(result.created))
  t.true(serials.length >= 11, String(serials.length))
  t.is(after.data['ticket.key'], before.data['ticket.key'])
  t.not(after.data['ca.crt'], before.data['ca.crt'])
})

test.serial('a Secret that is deleted or broken and an emptied caBundle are mended while pods are made', async t => {
  const namespace = await makeNamespace(t)
  const api = await openApi(t)
  await eventually('no rotation is under way', async () =>
    (await readSecret()).data['ca-next.crt'] === undefined ? true : undefined)
  const before = await readSecret()
  const stream = startPodStream(api, namespace, 5)
  const mended = async (what: string): Promise<void> => {
    const startedMs = performance.now()
    await eventually('the keys are those from before', async () => {
      const { data } = await readSecret()
      return KEYS.every(name => data[name] === before.data[name]) ? true : undefined
    }, { timeoutMs: 20_000, everyMs: 50 })
    t.log(`${what}: mended after ${Math.round(performance.now() - startedMs)} ms`)
    // What is wrong in memory shows with the pods that come after.
    await sleep(5000)
  }

  await kubectl(['-n', SYSTEM, 'delete', 'secret', 'waylay-webhook'])
  await mended('deleted')
  await api.send('PATCH', SECRET_PATH, { data: { 'tls.key': 'YnJva2Vu', 'ca.key': null } }, 'application/merge-patch+json')
  await mended('broken')
  tell(t, 'Secret deleted, then broken', await stream.stop())

  await kubectl(['patch', 'mutatingwebhookconfiguration', 'waylay', '--type=json', '-p',
    '[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}]'])
  const startedMs = performance.now()
  await eventually('a pod is injected again', async () => isInjected(await createPod(api, namespace)) ? true : undefined,
    { timeoutMs: 20_000, everyMs: 50 })
  t.log(`caBundle emptied: a pod is injected ${Math.round(performance.now() - startedMs)} ms later`)
})

async function putSupplied (authority: Pair | undefined, { certificate, key }: Pair): Promise<void> {
  const ca = authority === undefined ? {} : { 'ca.crt': authority.certificate }
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: SUPPLIED, namespace: SYSTEM },
    type: 'kubernetes.io/tls',
    stringData: { ...ca, 'tls.crt': certificate, 'tls.key': key }
  })
}

async function supply (dnsName = DNS_NAME): Promise<string> {
  const authority = await makeAuthority(Date.now())
  const pair = await makeServing(authority, [dnsName], Date.now())
  await putSupplied(authority, pair)
  return new X509Certificate(pair.certificate).serialNumber
}

async function inUse (serial: string): Promise<void> {
  await eventually(`both webhooks serve with ${serial}`, async () => {
    const pods = await webhookPods()
    const lines = (await webhookLog()).filter(({ event }) => event === 'certificate.in-use')
    const last = pods.map(({ metadata }) => lines.findLast(({ pod }) => pod === metadata.name)?.['serialNumber'])
    return pods.length === 2 && last.every(served => served === serial) ? true : undefined
  }, { everyMs: 1000 })
}

test.serial('the component of a supplied certificate adds setting and right to the manifests', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'waylay-e2e-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  // kustomize takes no absolute paths.
  const manifests = relative(realpathSync(folder), fileURLToPath(new URL('../../manifests', import.meta.url)))
  writeFileSync(join(folder, 'kustomization.yaml'),
    JSON.stringify({ resources: [manifests], components: [`${manifests}/examples/supplied-certificate`] }))

  const rendered = await kubectl(['kustomize', folder])
  t.regex(rendered, /name: WAYLAY_CERTIFICATE_SECRET\n +value: waylay-tls\n/)
  t.regex(rendered, /resourceNames:\n +- waylay-tls\n/)
})

test.serial('a supplied certificate, its renewal, a bad one and the way back: each pod is injected', async t => {
  const namespace = await makeNamespace(t)
  const api = await openApi(t)
  const own = new X509Certificate(Buffer.from((await readSecret()).data['tls.crt'] ?? '', 'base64')).serialNumber
  t.teardown(async () => {
    await kubectl(['-n', SYSTEM, 'set', 'env', 'deployment/waylay-webhook', 'WAYLAY_CERTIFICATE_SECRET-'])
    await kubectl(['-n', SYSTEM, 'delete', 'secret', SUPPLIED, '--ignore-not-found'])
    await kubectl(['delete', '-f', RBAC, '--ignore-not-found'])
    await rollOut()
    await webhookReady()
  })
  const first = await supply()
  await kubectl(['apply', '-f', RBAC])
  const stream = startPodStream(api, namespace, 5)

  await kubectl(['-n', SYSTEM, 'set', 'env', 'deployment/waylay-webhook', `WAYLAY_CERTIFICATE_SECRET=${SUPPLIED}`])
  await rollOut()
  await inUse(first)
  const startedMs = performance.now()
  await inUse(await supply())
  t.log(`a renewed one, of another authority, is in use after ${Math.round(performance.now() - startedMs)} ms`)

  await supply('elsewhere.waylay-system.svc')
  await kubectl(['-n', SYSTEM, 'delete', 'pod', (await webhookPods())[0]?.metadata.name ?? '', '--wait=false'])
  const complaint = await eventually('a new webhook says what is wrong', async () =>
    (await webhookLog()).find(line => line['code'] === 'WAYLAY_CERTIFICATE_SUPPLIED' && /must be for DNS/.test(JSON.stringify(line))))
  t.log(`bad certificate: ${JSON.stringify({ code: complaint['code'], hint: complaint['hint'], message: (complaint['err'] as { message?: string }).message })}`)
  await sleep(5000)
  const pods = await webhookPods()
  t.deepEqual(pods.map(isReady).sort(), [false, true], 'the new one is not ready, the one from before goes on')

  await kubectl(['-n', SYSTEM, 'set', 'env', 'deployment/waylay-webhook', 'WAYLAY_CERTIFICATE_SECRET-'])
  await rollOut()
  await webhookReady()
  await inUse(own)
  tell(t, 'own, supplied, renewed, bad, own again', await stream.stop())
})
