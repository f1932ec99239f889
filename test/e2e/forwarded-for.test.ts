import test, { type ExecutionContext } from 'ava'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { eventually, getJson } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const APPEND = { 'waylay.dev/forwarded-for': 'append' }
const FROM_INGRESS = { 'x-forwarded-for': '192.0.2.7' }
const MARIA = { 'x-waylay-id': 'maria-12345678' }
const FAMILIES = [4, 6] as const

type Family = typeof FAMILIES[number]
type Calling = CallerPod & { readonly address: (family: Family) => string }

/** The caller, and the addresses that the cluster gave it. */
async function startKnownCaller (t: ExecutionContext, namespace: string): Promise<Calling> {
  const caller = await startCaller(t, namespace)
  const { status } = await getJson<Pod>(['-n', namespace, 'pod', 'caller'])
  return {
    ...caller,
    address: family => {
      const found = status.podIPs?.map(({ ip }) => ip).find(ip => ip.includes(':') === (family === 6))
      if (found === undefined) throw new Error(`The caller has no IPv${family} address`)
      return found
    }
  }
}

/** Until the first beat the app is reached directly: waits until its peer is an address of the proxy's. */
async function waitForProxy (caller: CallerPod, url: string): Promise<void> {
  await eventually(`the proxy is in front of ${url}`, async () => {
    const { json } = await caller.request(url)
    return /169\.254\.15\.|fd77:6179:6c61:79:/.test(json.peer ?? '') ? true : undefined
  })
}

async function listOf (caller: CallerPod, url: string, headers: Parameters<CallerPod['request']>[1]): Promise<unknown> {
  const { json } = await caller.request(url, headers)
  return [json.answeredBy, json.headers?.['x-forwarded-for']]
}

test('an app that asks for it sees its caller\'s address and one that does not sees what was sent', async t => {
  const namespace = await makeNamespace(t)
  const [[asking], [plain]] = await Promise.all([
    deployApp(namespace, { name: 'asking', annotations: APPEND }), deployApp(namespace, { name: 'plain' })
  ])
  const caller = await startKnownCaller(t, namespace)

  for (const family of FAMILIES) {
    const address = caller.address(family)
    const [askingUrl, plainUrl] = [urlOf(asking as Pod, family), urlOf(plain as Pod, family)]
    await Promise.all([waitForProxy(caller, askingUrl), waitForProxy(caller, plainUrl)])
    t.log(`IPv${family}: the caller is ${address}`)

    t.deepEqual(await listOf(caller, askingUrl, {}), ['app', address])
    t.deepEqual(await listOf(caller, askingUrl, FROM_INGRESS), ['app', `192.0.2.7, ${address}`])
    t.deepEqual(await listOf(caller, askingUrl, { 'x-forwarded-for': ['192.0.2.7', '192.0.2.8, 192.0.2.9'] }),
      ['app', `192.0.2.7, 192.0.2.8, 192.0.2.9, ${address}`])
    t.deepEqual(await listOf(caller, plainUrl, {}), ['app', undefined])
    t.deepEqual(await listOf(caller, plainUrl, FROM_INGRESS), ['app', '192.0.2.7'])
  }
})

test('a developer\'s program sees the caller\'s address where the namespace asks for it', async t => {
  const namespace = await makeNamespace(t, { annotations: APPEND })
  const [pod] = await deployApp(namespace)
  const caller = await startKnownCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])

  for (const family of FAMILIES) {
    const address = caller.address(family)
    const url = urlOf(pod as Pod, family)
    await waitForProxy(caller, url)

    t.deepEqual(await listOf(caller, url, MARIA), ['maria', address])
    t.deepEqual(await listOf(caller, url, { ...MARIA, ...FROM_INGRESS }), ['maria', `192.0.2.7, ${address}`])
    t.deepEqual(await listOf(caller, url, FROM_INGRESS), ['app', `192.0.2.7, ${address}`])
  }
})
