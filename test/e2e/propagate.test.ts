import test from 'ava'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { callChain, deployChain, GRPC_FRONT, membersOf, type ChainService } from '../helpers/chain.ts'
import { forTheFile } from '../helpers/for-the-file.ts'
import { deployGrpcBack, startGrpcProgram } from '../helpers/grpc-hop.ts'
import { apply } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram, type Program } from '../helpers/program.ts'
import { startIntercept } from '../helpers/waylay.ts'
import type { Pod } from '../helpers/workload.ts'

const ID = 'propagate-12345678'
const FOREIGN = 'tenant=acme'
const MARKED = { 'x-waylay-id': ID, baggage: FOREIGN }

const ownFromConfigMap = { name: 'NODE_OPTIONS', valueFrom: { configMapKeyRef: { name: 'own', key: 'node-options' } } }

/** Apps that know nothing of tracing, some with a setting of their own where ours goes. */
const SERVICES: readonly ChainService[] = [
  {
    name: 'first',
    language: 'node',
    annotations: { 'waylay.dev/propagate': 'nodejs' },
    env: [{ name: 'NODE_OPTIONS', value: '--require=/chain/own.js' }]
  },
  { name: 'second', language: 'node', annotations: { 'waylay.dev/propagate': 'nodejs' }, env: [ownFromConfigMap] },
  { name: 'third', language: 'node' },
  {
    name: 'python',
    language: 'python',
    annotations: { 'waylay.dev/propagate': 'python' },
    env: [{ name: 'PYTHONPATH', value: '/chain/own-python' }]
  },
  {
    name: 'java',
    language: 'java',
    annotations: { 'waylay.dev/propagate': 'java' },
    env: [{ name: 'JAVA_TOOL_OPTIONS', value: '-Dchain.own=kept' }]
  },
  { name: 'plain', language: 'node' },
  {
    name: 'grpc-front',
    language: 'node',
    command: GRPC_FRONT,
    // Where grpc-js lies: no instrumentation is loaded from there.
    env: [{ name: 'NODE_PATH', value: '/otel/node_modules' }],
    annotations: { 'waylay.dev/propagate': 'nodejs' }
  },
  {
    name: 'by-hand',
    language: 'node',
    env: [{ name: 'COPIED_HEADERS', value: 'baggage traceparent tracestate x-waylay-id' }]
  }
]

const file = forTheFile()
let pods: ReadonlyMap<string, Pod>
let caller: CallerPod
let namespace: string

test.before(async () => {
  namespace = await makeNamespace(file)
  await apply({
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own', namespace }, data: { 'node-options': '--require=/chain/own.js' }
  });
  [pods, caller] = await Promise.all([
    deployChain(namespace, SERVICES), startCaller(file, namespace), deployGrpcBack(namespace)
  ])
})

test.serial('three apps in Node without instrumentation hand the header on by the annotation', async t => {
  const developer = await interceptThird(t)

  const marked = await callChain(caller, pods, ['first', 'second', 'third'], MARKED)
  const unmarked = await callChain(caller, pods, ['first', 'second', 'third'], { baggage: FOREIGN })

  t.deepEqual(marked.map(({ answeredBy }) => answeredBy), ['first', 'second', 'developer'])
  for (const hop of marked) t.deepEqual(membersOf(hop).toSorted(), [FOREIGN, `waylay-id=${ID}`])
  t.deepEqual(unmarked.map(({ answeredBy }) => answeredBy), ['first', 'second', 'third'])
  for (const hop of unmarked) t.deepEqual(membersOf(hop), [FOREIGN])
  t.is(developer.seen.length, 1)
})

test.serial('an app without instrumentation and without the annotation ends the journey', async t => {
  const developer = await interceptThird(t)

  const hops = await callChain(caller, pods, ['plain', 'third'], MARKED)

  t.deepEqual(hops.map(({ answeredBy }) => answeredBy), ['plain', 'third'])
  t.deepEqual(developer.seen, [])
})

for (const language of ['python', 'java']) {
  test.serial(`an app in ${language} without instrumentation hands the header on by the annotation`, async t => {
    await interceptThird(t)

    const hops = await callChain(caller, pods, [language, 'third'], MARKED)

    t.deepEqual(hops.map(({ answeredBy }) => answeredBy), [language, 'developer'])
    for (const hop of hops) t.deepEqual(membersOf(hop).toSorted(), [FOREIGN, `waylay-id=${ID}`])
  })
}

test.serial('an app without instrumentation hands the header on from HTTP to gRPC by the annotation', async t => {
  const developer = await startGrpcProgram(t, 'developer')
  await startIntercept(t, ['grpc-back', '-n', namespace, '--port', String(developer.port), '--id', ID])

  const marked = await callChain(caller, pods, ['grpc-front', 'grpc-back'], MARKED)
  const unmarked = await callChain(caller, pods, ['grpc-front', 'grpc-back'], {})

  t.deepEqual(marked.map(({ answeredBy }) => answeredBy), ['grpc-front', 'developer'])
  t.deepEqual(unmarked.map(({ answeredBy }) => answeredBy), ['grpc-front', 'app'])
  t.is(developer.calls(), 1)
})

test.serial('an app that copies the headers by hand hands them on', async t => {
  await interceptThird(t)

  const hops = await callChain(caller, pods, ['by-hand', 'by-hand', 'third'], MARKED)

  t.deepEqual(hops.map(({ answeredBy }) => answeredBy), ['by-hand', 'by-hand', 'developer'])
  t.is(hops[2]?.headers['x-waylay-id'], ID)
})

test.serial('an app keeps its own NODE_OPTIONS, JAVA_TOOL_OPTIONS and PYTHONPATH beside the annotation', async t => {
  const hops = await callChain(caller, pods, ['first', 'second', 'python', 'java', 'plain'], {})

  t.deepEqual(hops.map(({ answeredBy, own }) => [answeredBy, own]), [
    ['first', 'kept'], ['second', 'kept'], ['python', 'kept'], ['java', 'kept'], ['plain', 'lost']
  ])
})

async function interceptThird (t: Parameters<typeof startProgram>[0]): Promise<Program> {
  const developer = await startProgram(t, 'developer')
  const intercept = await startIntercept(t, ['third', '-n', namespace, '--port', String(developer.port), '--id', ID])
  // The next test has the same condition.
  t.teardown(intercept.stop)
  return developer
}
