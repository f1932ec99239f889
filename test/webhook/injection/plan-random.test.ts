/**
 * Pods of chance, from the numbers where ours and theirs meet: what holds for each of them whatever it looks like. A
 * failure names its seed.
 */
import test from 'ava'
import { parseInjectedConfig, type InjectedConfig } from '../../../common/injected.ts'
import { PORTS } from '../../../common/contract.ts'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import { allContainers, runningContainers, type Container, type Handler, type Pod } from '../../../webhook/injection/pod.ts'
import { findInjectionFault, findWithdrawalFault } from '../../../webhook/injection/verify.ts'
import { aContext, aPod, configOf } from '../pods.ts'

const PODS = 3000
const NUMBERS = [80, 443, 5432, 8080, 8081, 15099, 15100, 15101, 15299, 15300, 15301, 15500, 15501, 15899, 65535]
const NAMES = ['http', 'grpc', 'tcp-x', 'web', 'postgres']

type Random = () => number

/** Mulberry32: the same seed gives the same pods on every machine. */
function randomFrom (seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function randomPod (random: Random): Pod {
  const one = <T> (items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const maybe = <T> (chance: number, make: () => T): T | undefined => random() < chance ? make() : undefined
  const several = <T> (most: number, make: (index: number) => T): readonly T[] =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, (_, index) => make(index))
  const handler = (): object => {
    const port = random() < 0.3 ? one(NAMES) : one(NUMBERS)
    return one([
      { httpGet: { path: '/', port } }, { tcpSocket: { port } }, { grpc: { port: one(NUMBERS) } },
      { exec: { command: ['true'] } }, { httpGet: { port, host: 'example.test' } }
    ])
  }
  const container = (name: string): object => ({
    name,
    ports: several(4, () => ({
      containerPort: one(NUMBERS), name: one([...NAMES, undefined]), protocol: one(['TCP', 'UDP', undefined])
    })),
    env: maybe(0.5, () => several(3, () => ({
      name: one(['NODE_OPTIONS', 'OTHER']),
      ...one([{ value: one(['', '-a  $(OTHER)']) }, { valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: one([true, undefined]) } } }])
    }))),
    livenessProbe: maybe(0.5, handler),
    readinessProbe: maybe(0.5, handler),
    lifecycle: maybe(0.3, () => ({ preStop: handler() }))
  })
  const pod = aPod({
    containers: [container('app'), ...several(2, index => container(`more-${index}`))],
    spec: {
      initContainers: maybe(0.5, () => several(3, index => ({
        ...container(`init-${index}`), restartPolicy: one(['Always', undefined])
      }))),
      volumes: maybe(0.5, () => several(2, index => ({ name: `volume-${index}` })))
    },
    metadata: {
      annotations: maybe(0.5, () => ({
        'waylay.dev/probes': one(['keep', 'detour', 'other']), 'waylay.dev/propagate': one(['nodejs', undefined])
      }))
    }
  })
  return JSON.parse(JSON.stringify(pod)) as Pod
}

test('an injection never collides, moves probes to where they were, and can be taken back', t => {
  const kinds = new Map<string, number>()
  for (let seed = 0; seed < PODS; seed++) {
    const before = randomPod(randomFrom(seed))
    const plan = planInjection(before, aContext())
    const kind = plan.kind === 'skip' ? plan.reason.kind : plan.kind
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    if (plan.kind !== 'inject') continue
    const after = applyPatch(before, plan.patch) as Pod
    const faults = [
      findInjectionFault(before, after, plan.patch) ?? [],
      ...collisions(before, parseInjectedConfig(JSON.stringify(configOf(after)))),
      ...strayProbes(before, after), ...withdrawalFaults(after)
    ].flat()
    if (faults.length > 0) return t.fail(`seed ${seed}: ${faults.join(', ')} in ${JSON.stringify(before)}`)
  }
  t.log(Object.fromEntries(kinds))
  t.true((kinds.get('inject') ?? 0) > PODS / 4)
  t.true((kinds.get('unknown-value') ?? 0) > 0)
})

/** Numbers that two would use. */
function collisions (pod: Pod, { ports, detours }: InjectedConfig): readonly string[] {
  const declared = allContainers(pod).flatMap(({ ports = [] }) => ports)
  const theirs = new Set(declared.map(({ containerPort }) => containerPort))
  const ours = [
    ...ports.flatMap(({ listener }) => [listener, listener + PORTS.disarmOffset]), ...detours.map(({ port }) => port),
    PORTS.tunnel, PORTS.health
  ]
  return ours.filter((number, index) => theirs.has(number) || ours.indexOf(number) !== index)
    .map(number => `${number} is used twice`)
}

/** Probes that would ask another port of the app than before. */
function strayProbes (before: Pod, after: Pod): readonly string[] {
  const { detours } = parseInjectedConfig(JSON.stringify(configOf(after)))
  const goesTo = new Map(detours.map(({ port, to }) => [port, to]))
  const was = runningContainers(before).map(({ container }) => container)
  return was.flatMap(container => {
    const now = allContainers(after).find(({ name }) => name === container.name)
    const then = asked(container)
    return asked(now ?? container).flatMap((port, index) =>
      then[index] === (goesTo.get(port ?? 0) ?? port) ? [] : [`${container.name} asks ${port}`])
  })
}

function asked (container: Container): readonly (number | undefined)[] {
  const { livenessProbe, readinessProbe, lifecycle } = container
  return [livenessProbe, readinessProbe, lifecycle?.preStop].map((handler: Handler = {}) => {
    // What has a host of its own asks somebody else.
    if (handler.httpGet?.host !== undefined) return undefined
    const port = (handler.httpGet ?? handler.tcpSocket ?? handler.grpc)?.port
    return typeof port === 'string' ? container.ports?.find(({ name }) => name === port)?.containerPort : port
  })
}

function withdrawalFaults (injected: Pod): readonly string[] {
  const meshed = applyPatch(injected, [{ op: 'add', path: '/spec/containers/-', value: { name: 'istio-proxy' } }]) as Pod
  const plan = planInjection(meshed, aContext())
  if (plan.kind !== 'withdraw') return ['not withdrawn']
  return [findWithdrawalFault(meshed, applyPatch(meshed, plan.patch), plan.patch) ?? []].flat()
}
