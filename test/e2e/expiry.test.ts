import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import {
  createIntercept, deleteHeldIntercept, getIntercept, patchInterceptStatus, updateIntercept
} from '../../cli/cluster/intercepts.ts'
import { openCluster, type Cluster } from '../../cli/cluster/kubeconfig.ts'
import { WaylayError } from '../../common/errors.ts'
import { interceptName } from '../../intercepts/name.ts'
import { newIntercept, type Intercept } from '../../intercepts/object.ts'
import { writePublicKey } from '../../intercepts/ticket.ts'
import { makeDeveloper, makeStranger } from '../helpers/identity.ts'
import { apply, eventually, getJson, kubectl, runProgram, theCluster, type Ran } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp } from '../helpers/workload.ts'

/** Runs kubectl as somebody else. */
async function as (kubeconfig: string, args: readonly string[], input?: object): Promise<Ran> {
  const { kubectl } = await theCluster()
  return await runProgram(kubectl, ['--kubeconfig', kubeconfig, ...args], { input: JSON.stringify(input ?? {}) })
}

/** An Intercept as a command line makes it, with a session key of its own. */
function anIntercept (namespace: string, value: string): Intercept {
  const match = { headers: [{ type: 'Exact', name: 'x-waylay-id', value }] } as const
  const sessionKey = writePublicKey(generateKeyPairSync('ed25519').publicKey)
  return newIntercept(namespace, interceptName('deployment/app', 8080, match), {
    workload: 'deployment/app', port: 8080, match, global: false, sessionKey
  })
}

async function read (namespace: string, { metadata: { name } }: Intercept): Promise<Intercept> {
  return await getJson<Intercept>(['-n', namespace, 'intercepts', name])
}

test('an intercept that nobody renews is free after 15 seconds and swept later, and a live one stays', async t => {
  const namespace = await makeNamespace(t)
  const [maria, jon] = [await makeDeveloper(t, namespace, 'maria'), await makeDeveloper(t, namespace, 'jon')]
  await deployApp(namespace)
  const program = await startProgram(t, 'maria')
  const live = await startIntercept(t, ['app', '-n', namespace, '--id', 'maria-12345678', '--port', String(program.port)], { kubeconfig: maria })
  const [stale, taken, deleted] = ['stale-12345678', 'taken-12345678', 'deleted-12345678'].map(value => anIntercept(namespace, value)) as [Intercept, Intercept, Intercept]
  for (const object of [stale, taken, deleted]) {
    const made = await as(maria, ['create', '-f', '-'], object)
    t.is(made.exitCode, 0, made.stderr)
  }
  const startedMs = performance.now()
  const before = await read(namespace, taken)
  const jons = { ...before, spec: { ...anIntercept(namespace, 'taken-12345678').spec } }

  const early = await as(jon, ['replace', '-f', '-'], jons)
  t.not(early.exitCode, 0)
  t.regex(early.stderr, /WAYLAY_CONFLICT: .* held by system:serviceaccount:\S+:maria since .* lacks the verb "takeover"/)
  t.not((await as(jon, ['-n', namespace, 'delete', 'intercept', deleted.metadata.name])).exitCode, 0)
  await eventually('two of the three are listed as expired', async () => {
    const { stdout } = await waylay(['list', '-n', namespace, '--output', 'json'], { kubeconfig: jon })
    const { intercepts } = JSON.parse(stdout) as { intercepts: { state: string }[] }
    return intercepts.filter(({ state }) => state === 'expired').length === 3 ? true : undefined
  }, { timeoutMs: 40_000 })
  t.log(`expired after ${Math.round(performance.now() - startedMs)} ms`)
  // Whoever lists and the webhook that decides may see the same end up to a second apart.
  await sleep(1000)

  const late = await as(jon, ['replace', '-f', '-'], jons)
  t.is(late.exitCode, 0, late.stderr)
  const after = await read(namespace, taken)
  t.regex(after.spec.owner ?? '', /:jon$/)
  t.true((after.spec.fence ?? 0) > (before.spec.fence ?? 0))
  t.is((await as(jon, ['-n', namespace, 'delete', 'intercept', deleted.metadata.name])).exitCode, 0)
  const again = await as(maria, ['replace', '-f', '-'], { ...after, spec: before.spec })
  t.regex(again.stderr, /WAYLAY_CONFLICT: .* held by system:serviceaccount:\S+:jon/)

  await eventually('the webhook has deleted the stale one', async () => {
    const { items } = await getJson<{ items: Intercept[] }>(['-n', namespace, 'intercepts'])
    return items.some(({ metadata }) => metadata.name === stale.metadata.name) ? undefined : true
  }, { timeoutMs: 150_000, everyMs: 1000 })
  t.log(`swept after ${Math.round((performance.now() - startedMs) / 1000)} s`)
  const { status } = await getJson<Intercept>(['-n', namespace, 'intercepts', live.ready.intercept])
  t.is(status?.pods, 1)
  const swept = await eventually('the webhook has logged it', async () => {
    const logs = await kubectl(['-n', 'waylay-system', 'logs', '-l', 'app.kubernetes.io/component=webhook', '--tail=-1'])
    // The name says nothing of the namespace: an earlier run on the same cluster had the same.
    const lines = logs.split('\n')
      .filter(line => ['intercept.swept', stale.metadata.name, namespace].every(part => line.includes(part)))
    return lines.length > 0 ? lines : undefined
  })
  t.is(swept.length, 1)
  t.is((await live.stop()).exitCode, 0)
})

test('whoever may only read can make, renew, take over and end nothing', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const program = await startProgram(t, 'maria')
  const reader = await makeStranger(t, namespace, 'reader')
  const role = `e2e-reader-${namespace}`
  await apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: role },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }]
  }, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: role },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace }]
  })
  t.teardown(async () => { await kubectl(['delete', 'clusterrolebinding,clusterrole', role]) })
  const held = anIntercept(namespace, 'maria-12345678')
  await kubectl(['create', '-f', '-'], JSON.stringify(held))
  const { name } = held.metadata

  const tried = await waylay(['intercept', 'app', '-n', namespace, '--port', String(program.port)], { kubeconfig: reader })
  t.is(tried.exitCode, 3, tried.stderr)
  t.regex(tried.stderr, /You may not create intercepts\.waylay\.dev/)
  const all = await waylay(['list', '--output', 'json'], { kubeconfig: reader })
  t.is(all.exitCode, 0, all.stderr)
  t.is((await waylay(['leave', name, '-n', namespace], { kubeconfig: reader })).exitCode, 3)
  const stored = await read(namespace, held)
  const writes: readonly (readonly [readonly string[], object?])[] = [
    [['replace', '-f', '-'], { ...stored, spec: anIntercept(namespace, 'maria-12345678').spec }],
    [['-n', namespace, 'patch', 'intercept', name, '--subresource=status', '--type=merge', '-p', '{"status":{"renewTime":"2000-01-01T00:00:00Z"}}']],
    [['-n', namespace, 'delete', 'intercept', name]],
    [['delete', '--raw', `/apis/waylay.dev/v1alpha1/namespaces/${namespace}/intercepts`]]
  ]
  for (const [args, input] of writes) {
    const { exitCode, stderr } = await as(reader, args, input)
    t.not(exitCode, 0, args.join(' '))
    t.regex(stderr, /forbidden/i)
  }
  t.deepEqual((await read(namespace, held)).metadata, stored.metadata)
})

test('a renewal by somebody else, or by an earlier holder, is refused by the API server', async t => {
  const namespace = await makeNamespace(t)
  const [maria, jon] = await Promise.all(['maria', 'jon'].map(async name => {
    const kubeconfig = await makeDeveloper(t, namespace, name)
    const cluster = openCluster({ kubeconfig, namespace }, { env: {}, homeDir: '' })
    t.teardown(() => { cluster.close() })
    return cluster
  })) as [Cluster, Cluster]
  const made = await createIntercept(maria, anIntercept(namespace, 'maria-12345678'))
  if (made === undefined) return t.fail('it was there already')
  const renewTime = (): string => new Date(maria.serverNowMs()).toISOString()

  const renewed = await patchInterceptStatus(maria, made, { renewTime: renewTime(), requests: 3 })
  t.like(renewed, { status: { fence: made.spec.fence, requests: 3 } })
  await t.throwsAsync(patchInterceptStatus(jon, made, { renewTime: '2000-01-01T00:00:00Z' }),
    { code: 'WAYLAY_CONFLICT', message: /held by system:serviceaccount:\S+:maria/ })
  const earlier = { ...made, spec: { ...made.spec, fence: (made.spec.fence ?? 0) - 1 } }
  t.is(await patchInterceptStatus(maria, earlier, { renewTime: renewTime() }), 'lost')
  t.is(await updateIntercept(maria, made), 'changed')
  const seen = await getIntercept(maria, namespace, made.metadata.name)
  if (seen === undefined) return t.fail('it is gone')
  t.deepEqual(seen.status?.requests, 3)
  const ticketed = await updateIntercept(maria, seen)
  t.like(ticketed, { spec: { fence: made.spec.fence, owner: made.spec.owner }, status: { requests: 3 } })
  await t.throwsAsync(patchInterceptStatus(maria, made, { renewTime: 'soon' }), { instanceOf: WaylayError })

  t.false(await deleteHeldIntercept(maria, earlier))
  t.true(await deleteHeldIntercept(maria, made))
  t.is(await patchInterceptStatus(maria, made, { renewTime: renewTime() }), 'gone')
  t.is(await updateIntercept(maria, made), 'gone')
  const machineErrorMs = Math.abs(maria.serverNowMs() - Date.now())
  t.true(machineErrorMs < 1500, `${machineErrorMs} ms`)
})

test('deleting all intercepts at once does not reach those of others', async t => {
  const namespace = await makeNamespace(t)
  const jon = await makeDeveloper(t, namespace, 'jon')
  await kubectl(['-n', namespace, 'create', 'role', 'sweeper', '--verb=deletecollection', '--resource=intercepts.waylay.dev'])
  await kubectl(['-n', namespace, 'create', 'rolebinding', 'sweeper', '--role=sweeper', `--serviceaccount=${namespace}:jon`])
  const held = anIntercept(namespace, 'maria-12345678')
  await kubectl(['create', '-f', '-'], JSON.stringify(held))

  const { exitCode, stderr } = await as(jon, ['delete', '--raw', `/apis/waylay.dev/v1alpha1/namespaces/${namespace}/intercepts`])

  t.not(exitCode, 0)
  t.regex(stderr, /WAYLAY_CONFLICT/)
  t.is((await read(namespace, held)).metadata.name, held.metadata.name)
})
