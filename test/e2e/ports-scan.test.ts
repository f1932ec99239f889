import test, { type ExecutionContext } from 'ava'
import { INJECTED_ENV, PORTS, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { parseInjectedConfig, type InjectedConfig } from '../../common/injected.ts'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { openCommands, type PodCommands } from '../helpers/pod-commands.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }

type Scan = { readonly open: readonly number[], readonly others: Readonly<Record<string, number>> }

/** An injected pod, a caller, and somebody in that caller's pod who tries its ports. */
type Scene = {
  readonly namespace: string
  readonly pod: Pod
  readonly caller: CallerPod
  readonly send: PodCommands
  readonly config: InjectedConfig
}

async function setScene (t: ExecutionContext, annotations: Record<string, string> = {}): Promise<Scene> {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, { annotations }) as [Pod]
  const caller = await startCaller(t, namespace)
  const send = await openCommands(t, { namespace, pod: 'caller', script: '/fixtures/port-scanner.ts' })
  return { namespace, pod, caller, send, config: configOf(pod) }
}

function configOf (pod: Pod): InjectedConfig {
  type Container = { readonly name: string, readonly env: readonly { name: string, value?: string }[] }
  const containers = pod.spec.initContainers as readonly Container[]
  const env = containers.find(({ name }) => name === PROXY_CONTAINER_NAME)?.env ?? []
  return parseInjectedConfig(env.find(({ name }) => name === INJECTED_ENV.config)?.value ?? '')
}

function addressesOf ({ status }: Pod): readonly string[] {
  return (status.podIPs ?? []).map(({ ip }) => ip)
}

/** Somebody intercepts the app: what a stranger changes would show in who answers. */
async function intercept (
  t: ExecutionContext, { namespace, pod, caller }: Scene
): Promise<() => Promise<readonly unknown[]>> {
  const maria = await startProgram(t, 'maria')
  await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
  return async () => {
    const answers = await Promise.all(([4, 6] as const).flatMap(family =>
      [MARIA, {}].map(async headers => await caller.request(urlOf(pod, family), headers))))
    return answers.map(({ json }) => json.answeredBy)
  }
}

const AS_BEFORE = ['maria', 'app', 'maria', 'app']

test('a scan of every port finds the app\'s, our listeners, detours and health', async t => {
  const scene = await setScene(t)
  const { pod, send, caller, config } = scene
  const whoAnswers = await intercept(t, scene)
  const listeners = config.ports.map(({ listener }) => listener)
  const detours = config.detours.map(({ port }) => port)
  const expected = [...config.ports.map(({ port }) => port), ...listeners, ...detours, PORTS.health]
  t.is(addressesOf(pod).length, 2, 'both families')

  for (const host of addressesOf(pod)) {
    const startedMs = performance.now()
    const { open, others } = await send('scan', { host }) as Scan
    t.log(`${host}: open ${open.join(', ')}; else ${JSON.stringify(others)}; ${Math.round((performance.now() - startedMs) / 1000)} s`)
    t.deepEqual(open, expected.toSorted((a, b) => a - b))
    t.is(open.length + Object.values(others).reduce((sum, count) => sum + count, 0), 65_535)
    for (const port of [...listeners, ...detours]) {
      const { json } = await caller.request(`http://${host.includes(':') ? `[${host}]` : host}:${port}/direct`)
      t.is(json.answeredBy, 'app', `port ${port}`)
    }
    t.is(await caller.dial(host, PORTS.tunnel), 'ECONNREFUSED')
  }
  t.deepEqual(await whoAnswers(), AS_BEFORE)
})

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND']
const PATHS = ['/', '/healthz', '/metrics', '/healthz/', '/metrics/../shutdown', '/%6detrics', '/debug/pprof', '/json/list', '/config',
  '/intercepts', '/disarm', '/quitquitquit', '/stats', '/env', '*', 'http://127.0.0.1:15900/']
const UPGRADES = ['websocket', 'h2c', 'v4.channel.k8s.io']
const H2_PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'

test('the health port answers two GETs and nothing changes anything', async t => {
  const scene = await setScene(t)
  const { pod, send } = scene
  const whoAnswers = await intercept(t, scene)
  const [host = ''] = addressesOf(pod)
  const talk = async (text: string): Promise<string> =>
    (await send('talk', { host, port: PORTS.health, text }) as string).split('\r\n')[0] ?? ''
  const head = (method: string, path: string, more = ''): string =>
    `${method} ${path} HTTP/1.1\r\nhost: pod\r\nconnection: close\r\ncontent-length: 0\r\n${more}\r\n`

  const answers = new Map<string, string>()
  for (const method of METHODS) {
    for (const path of PATHS) answers.set(`${method} ${path}`, await talk(head(method, path)))
  }
  for (const protocol of UPGRADES) {
    const more = `upgrade: ${protocol}\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n`
    answers.set(`upgrade ${protocol}`, await talk(head('GET', '/', more).replace('connection: close', 'connection: upgrade')))
  }
  answers.set('HTTP/2', await talk(H2_PREFACE))
  answers.set('a hello of the tunnel', await talk('\0\0\0\x20{"type":"hello","protocol":1}'))

  const counts = Object.groupBy(answers.values(), answer => answer === '' ? 'closed' : answer)
  for (const [answer, all] of Object.entries(counts)) t.log(`${all?.length ?? 0} times ${answer}`)
  const good = [...answers].filter(([, answer]) => /^HTTP\/1\.1 [123]/.test(answer)).map(([line]) => line)
  t.deepEqual(good, ['GET /healthz', 'GET /metrics'])
  t.deepEqual(await whoAnswers(), AS_BEFORE)
})

test('beats and disarms from another pod neither arm nor disarm', async t => {
  const scene = await setScene(t)
  const whoAnswers = await intercept(t, scene)
  const sleeping = await setScene(t, { 'waylay.dev/redirect': 'on-demand' })
  const [{ listener } = { listener: 0 }] = scene.config.ports
  const [{ listener: asleep } = { listener: 0 }] = sleeping.config.ports

  for (const host of addressesOf(scene.pod)) {
    const sending = scene.send('datagrams', { host, ports: [listener + PORTS.disarmOffset], forMs: 3000 })
    const rounds = await during(sending, async () => { t.deepEqual(await whoAnswers(), AS_BEFORE) })
    t.log(`${String(await sending)} disarms to ${host}: ${4 * rounds} requests, each answered as before`)
  }
  for (const host of addressesOf(sleeping.pod)) {
    const sending = sleeping.send('datagrams', { host, ports: [asleep], forMs: 3000 })
    const rounds = await during(sending, async () => {
      const { json } = await sleeping.caller.request(urlOf(sleeping.pod, host.includes(':') ? 6 : 4))
      t.is(json.answeredBy, 'app')
      t.notRegex(json.peer ?? '', /169\.254\.15\.|^fd77:6179/, 'the proxy is not in front')
    })
    t.log(`${String(await sending)} beats to ${host}: ${rounds} requests, none through the proxy`)
  }
})

/** Looks again and again while the work is under way; returns how often. */
async function during (work: Promise<unknown>, look: () => Promise<void>): Promise<number> {
  const state = { isOver: false }
  const ended = work.finally(() => { state.isOver = true })
  let rounds = 0
  for (; !state.isOver; rounds += 1) await look()
  await ended
  return rounds
}
