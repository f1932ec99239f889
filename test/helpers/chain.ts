import type { CallerPod } from './caller-pod.ts'
import type { SentHeaders } from '../e2e/fixtures/send-request.ts'
import { deployApp, urlOf, type Pod } from './workload.ts'

export const LANGUAGES = ['node', 'python', 'java'] as const
export type Language = typeof LANGUAGES[number]

const CHAIN_IMAGE = 'waylay/chain:0.1.0'

/** One service of `test/e2e/fixtures/chain`, which calls those that the path of a request names. */
export type ChainService = {
  readonly name: string
  readonly language: Language
  readonly command?: readonly string[]
  readonly env?: readonly object[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** What one service of the chain answers, or the developer's program in its place, which calls nobody. */
export type Hop = {
  readonly answeredBy: string
  readonly headers: Readonly<Record<string, string>>
  /** Whether the setting of its language that the app itself had took effect. */
  readonly own?: 'kept' | 'lost'
  readonly next?: Hop
}

/** The services as apps without any instrumentation. */
const COMMANDS: Readonly<Record<Language, readonly string[]>> = {
  node: ['node', '/chain/service.js'],
  python: ['python3', '/chain/service.py'],
  java: ['java', '-cp', '/chain', 'Service']
}

/** Calls the next service by gRPC, where the others use HTTP. */
export const GRPC_FRONT = ['node', '/chain/grpc-front.js'] as const

/** Nothing is sent anywhere: what a user without a collector has. */
const NO_EXPORTER = ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER'].map(name => ({ name, value: 'none' }))

/** Each language under OpenTelemetry as its own documentation says. */
export const STOCK: Readonly<Record<Language, Omit<ChainService, 'name'>>> = {
  node: {
    language: 'node',
    env: [...NO_EXPORTER, { name: 'NODE_PATH', value: '/otel/node_modules' },
      { name: 'NODE_OPTIONS', value: '--require @opentelemetry/auto-instrumentations-node/register' }]
  },
  python: {
    language: 'python',
    command: ['python3', '/otel/python/bin/opentelemetry-instrument', ...COMMANDS.python],
    env: [...NO_EXPORTER, { name: 'PYTHONPATH', value: '/otel/python' }]
  },
  java: {
    language: 'java',
    env: [...NO_EXPORTER, { name: 'JAVA_TOOL_OPTIONS', value: '-javaagent:/otel/opentelemetry-javaagent.jar' }]
  }
}

/** Starts services side by side; their pods by name, once all are ready. */
export async function deployChain (
  namespace: string, services: readonly ChainService[]
): Promise<ReadonlyMap<string, Pod>> {
  return new Map(await Promise.all(services.map(async ({ name, language, command, env = [], annotations = {} }) => {
    const [pod] = await deployApp(namespace, {
      name,
      image: CHAIN_IMAGE,
      command: command ?? COMMANDS[language],
      env: [{ name: 'NAME', value: name }, ...env],
      annotations
    })
    return [name, pod!] as const
  })))
}

/** Sends a request to the first of the named services, to be handed on to the others; the hops in their order. */
export async function callChain (
  caller: CallerPod, pods: ReadonlyMap<string, Pod>, names: readonly string[], headers: SentHeaders
): Promise<readonly Hop[]> {
  const [first = '', ...rest] = names
  const pod = pods.get(first)
  if (pod === undefined) throw new Error(`No service of the chain is called "${first}"`)
  const { status, body } = await caller.request(`${urlOf(pod)}/${rest.join('/')}`, headers)
  if (status !== 200) throw new Error(`The chain ${names.join(', ')} answered with ${status}: ${body}`)
  const hops = [JSON.parse(body) as Hop]
  for (let next = hops[0]?.next; next !== undefined; next = next.next) hops.push(next)
  return hops
}

/** The members of the baggage that a hop got, without properties. */
export function membersOf ({ headers }: Hop): readonly string[] {
  return (headers['baggage'] ?? '').split(',').map(member => member.split(';')[0]?.trim() ?? '')
}
