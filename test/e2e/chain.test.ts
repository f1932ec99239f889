import test from 'ava'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { callChain, deployChain, GRPC_FRONT, LANGUAGES, membersOf, STOCK } from '../helpers/chain.ts'
import { forTheFile } from '../helpers/for-the-file.ts'
import { deployGrpcBack, startGrpcProgram } from '../helpers/grpc-hop.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept } from '../helpers/waylay.ts'
import type { Pod } from '../helpers/workload.ts'

const FOREIGN = 'tenant=acme'

const file = forTheFile()
let namespace: string
let pods: ReadonlyMap<string, Pod>
let caller: CallerPod

test.before(async () => {
  namespace = await makeNamespace(file);
  [pods, caller] = await Promise.all([
    deployChain(namespace, [
      ...LANGUAGES.map(language => ({ name: language, ...STOCK[language] })),
      { name: 'grpc-front', ...STOCK.node, command: GRPC_FRONT },
      { name: 'on-demand', ...STOCK.node, annotations: { 'waylay.dev/redirect': 'on-demand' } }
    ]),
    startCaller(file, namespace),
    deployGrpcBack(namespace)
  ])
})

/** The three orders in which each language is first, in the middle and last once. */
const ROTATIONS = LANGUAGES.map((_, index) => [...LANGUAGES.slice(index), ...LANGUAGES.slice(0, index)])

for (const rotation of ROTATIONS) {
  const [first, , third = ''] = rotation
  const id = `chain-${third}`

  test(`the header, sent to ${first} alone, intercepts the third: ${rotation.join(', ')} under stock OpenTelemetry`, async t => {
    const developer = await startProgram(t, 'developer')
    await startIntercept(t, [third, '-n', namespace, '--port', String(developer.port), '--id', id])

    const marked = await callChain(caller, pods, rotation, { 'x-waylay-id': id, baggage: FOREIGN })
    const unmarked = await callChain(caller, pods, rotation, { baggage: FOREIGN })
    const without = await callChain(caller, pods, rotation, { 'x-waylay-id': id })

    t.deepEqual(marked.map(({ answeredBy }) => answeredBy), [...rotation.slice(0, 2), 'developer'])
    for (const hop of marked) t.deepEqual(membersOf(hop).toSorted(), [FOREIGN, `waylay-id=${id}`])
    t.deepEqual(marked.map(({ headers }) => headers['x-waylay-id']), [id, undefined, undefined])
    t.deepEqual(unmarked.map(({ answeredBy }) => answeredBy), rotation)
    for (const hop of unmarked) t.deepEqual(membersOf(hop), [FOREIGN])
    t.deepEqual(without.map(({ answeredBy }) => answeredBy), [...rotation.slice(0, 2), 'developer'])
    t.is(developer.seen.length, 2)
  })
}

test('the header goes on from HTTP to gRPC under stock OpenTelemetry', async t => {
  const developer = await startGrpcProgram(t, 'developer')
  await startIntercept(t, ['grpc-back', '-n', namespace, '--port', String(developer.port), '--id', 'chain-grpc'])

  const marked = await callChain(caller, pods, ['grpc-front', 'grpc-back'], { 'x-waylay-id': 'chain-grpc' })
  const unmarked = await callChain(caller, pods, ['grpc-front', 'grpc-back'], {})

  t.deepEqual(marked.map(({ answeredBy }) => answeredBy), ['grpc-front', 'developer'])
  t.deepEqual(unmarked.map(({ answeredBy }) => answeredBy), ['grpc-front', 'app'])
  t.is(developer.calls(), 1)
})

test('a foreign member with a property keeps its key and its value through three SDKs', async t => {
  const hops = await callChain(caller, pods, LANGUAGES, { 'x-waylay-id': 'chain-nobody', baggage: 'tenant=acme;level=gold' })

  t.is(hops.length, 3)
  for (const hop of hops) {
    t.is(membersOf(hop).length, 2)
    t.true(membersOf(hop).some(member => /^tenant=acme(%3B|$)/.test(member)), hop.headers['baggage'])
  }
})

test('a port that is on-demand adds no baggage', async t => {
  const headers = { 'x-waylay-id': 'chain-nobody' }
  const [onDemand, next] = await callChain(caller, pods, ['on-demand', 'node'], headers)
  const [always] = await callChain(caller, pods, ['node'], headers)

  t.is(onDemand?.headers['x-waylay-id'], 'chain-nobody')
  t.deepEqual([onDemand, next].map(hop => hop?.headers['baggage']), [undefined, undefined])
  t.is(always?.headers['baggage'], 'waylay-id=chain-nobody')
})

test('a header of another name is not mirrored into the baggage', async t => {
  const developer = await startProgram(t, 'developer')
  await startIntercept(t, ['java', '-n', namespace, '--port', String(developer.port), '--http-header', 'x-user=chain-user'])

  const direct = await callChain(caller, pods, ['java'], { 'x-user': 'chain-user' })
  const chain = await callChain(caller, pods, ['node', 'java'], { 'x-user': 'chain-user' })

  t.deepEqual(direct.map(({ answeredBy }) => answeredBy), ['developer'])
  t.deepEqual(chain.map(({ answeredBy }) => answeredBy), ['node', 'java'])
  t.is(chain[0]?.headers['baggage'], undefined)
})

test('a value that begins like another one reaches its own developer', async t => {
  const ids = ['pr-1-chain', 'pr-1-chain0']
  const programs = await Promise.all(ids.map(async id => {
    const program = await startProgram(t, id)
    await startIntercept(t, ['java', '-n', namespace, '--port', String(program.port), '--id', id])
    return program
  }))
  const lastOf = async (id: string) =>
    (await callChain(caller, pods, ['node', 'java'], { 'x-waylay-id': id })).at(-1)?.answeredBy

  t.is(await lastOf('pr-1-chain'), 'pr-1-chain')
  t.is(await lastOf('pr-1-chain0'), 'pr-1-chain0')
  for (const stranger of ['pr-1-chain00', 'pr-1-chai', 'xpr-1-chain']) t.is(await lastOf(stranger), 'java', stranger)
  t.deepEqual(programs.map(({ seen }) => seen.length), [1, 1])
})
