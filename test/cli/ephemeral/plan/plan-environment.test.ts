import test, { type ExecutionContext } from 'ava'
import { planEnvironment } from '../../../../cli/ephemeral/plan/plan-environment.ts'
import { readWish } from '../../../../cli/ephemeral/up/read-wish.ts'
import type { EnvUpFlags } from '../../../../cli/ephemeral/up/up-flags.ts'
import { newEnvironment, type Environment } from '../../../../environments/object.ts'
import { startObjectServer, type Objects, type StoredObject } from '../../helpers/object-server.ts'
import { aPod } from '../../helpers/workload-objects.ts'

const HOUR_MS = 3_600_000

function aDeployment (name: string, labels: Readonly<Record<string, string>> = {}): StoredObject {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image: `${name}:main`, ports: [{ containerPort: 8080 }] }] } }
  const deployment = { metadata: { name, labels }, spec: { selector: { matchLabels: { app: name } }, template } }
  return deployment
}

const POD = aPod('payments-1', { workload: 'deployment/payments' })
const PAYMENTS: Objects = { deployments: [aDeployment('payments')], pods: [POD] }

async function plan (
  t: ExecutionContext, objects: Objects, flags: Partial<EnvUpFlags> = {}, existing?: Environment
) {
  const { cluster } = await startObjectServer(t, { ...PAYMENTS, ...objects })
  const wish = readWish('pr-1', { workload: ['payments'], ttl: HOUR_MS, header: 'x-waylay-id', ...flags })
  return await planEnvironment(cluster, 'shop', wish, existing)
}

test('a new environment gets a value that nobody can guess; one that is there keeps its own', async t => {
  const [first, second] = [await plan(t, {}), await plan(t, {})]
  t.regex(first.environment.spec.value, /^pr-1-[a-z2-7]{8}$/)
  t.not(first.environment.spec.value, second.environment.spec.value)
  t.true(Math.abs(Date.parse(first.environment.spec.expiresAt) - Date.now() - HOUR_MS) < HOUR_MS / 2)

  const existing = newEnvironment('shop', 'pr-1', { header: 'x-old', value: 'pr-1-abcdefgh', workloads: [], expiresAt: '2026-01-01T00:00:00Z', owner: 'maria' })
  const { environment, warnings } = await plan(t, {}, {}, existing)
  t.like(environment.spec, { header: 'x-old', value: 'pr-1-abcdefgh', owner: 'maria' })
  t.regex(warnings.join('\n'), /--header x-waylay-id changes nothing/)
})

test('what has no pods with the proxy, or cannot be copied, is refused', async t => {
  await t.throwsAsync(plan(t, { pods: [] }), { code: 'WAYLAY_NO_PODS' })
  await t.throwsAsync(plan(t, { pods: [aPod('payments-1', { owner: { kind: 'ReplicaSet', name: 'x' } })] }), { code: 'WAYLAY_NO_PODS' })
  await t.throwsAsync(plan(t, {}, { workload: ['orders'] }), { code: 'WAYLAY_WORKLOAD_UNKNOWN' })
  await t.throwsAsync(plan(t, {}, { workload: ['payments', 'deployment/payments'] }), { code: 'WAYLAY_USAGE' })
  await t.throwsAsync(plan(t, { deployments: [aDeployment('payments', { 'waylay.dev/environment': 'pr-2' })] }), {
    code: 'WAYLAY_COPY_UNFIT', message: /part of the environment "pr-2"/
  })
  await t.throwsAsync(plan(t, { deployments: [], pods: [aPod('payments', { workload: 'pod/payments' })] }), {
    code: 'WAYLAY_COPY_UNFIT', message: /without a controller/
  })
  await t.throwsAsync(plan(t, { deployments: [], pods: [aPod('payments-1', { workload: 'job/payments' })] }), {
    code: 'WAYLAY_COPY_UNFIT', message: /runs once/
  })
})

test('a name that another part of the environment would have is refused', async t => {
  const objects = { deployments: [aDeployment('waylay-env')], pods: [aPod('p', { labels: { app: 'waylay-env' }, workload: 'deployment/waylay-env' })] }
  await t.throwsAsync(plan(t, objects, { workload: ['waylay-env'] }), { code: 'WAYLAY_ENVIRONMENT_TAKEN' })
})

test('a port with TLS that ends in the app is left to the original, and refused where it is the only one', async t => {
  const pods = (...ports: readonly { containerPort: number, name: string }[]) => ({ pods: [aPod('payments-1', { workload: 'deployment/payments', ports })] })
  const HTTPS = { containerPort: 8443, name: 'https' }
  const both = await plan(t, pods({ containerPort: 8080, name: 'http' }, HTTPS))
  t.deepEqual(both.copies[0]?.ports.map(({ port }) => port), [8080])
  t.regex(both.warnings.join('\n'), /Port 8443 of deployment\/payments carries TLS/)
  await t.throwsAsync(plan(t, pods(HTTPS)), { code: 'WAYLAY_COPY_UNFIT', message: /8443/ })
  await t.throwsAsync(plan(t, {}, { port: ['9090'] }), { code: 'WAYLAY_PORT_UNKNOWN' })
})

test('a port on demand is a copy\'s too where it is the only one, or named', async t => {
  const pods = [aPod('payments-1', { workload: 'deployment/payments', ports: [{ containerPort: 6379 }] })]
  t.deepEqual((await plan(t, { pods })).copies[0]?.ports.map(({ port }) => port), [6379])
  const two = [aPod('payments-1', { workload: 'deployment/payments', ports: [{ containerPort: 6379 }, { containerPort: 8080 }] })]
  t.deepEqual((await plan(t, { pods: two })).copies[0]?.ports.map(({ port }) => port), [8080])
  t.deepEqual((await plan(t, { pods: two }, { port: ['6379'] })).copies[0]?.ports.map(({ port }) => port), [6379])
})

test('who may not look is told what nobody looked at', async t => {
  const { warnings } = await plan(t, { poddisruptionbudgets: 403, statefulsets: 403, daemonsets: 403 })
  t.deepEqual(warnings.filter(text => text.includes('may not list')), [
    'You may not list poddisruptionbudgets.policy, so nobody looked whether one selects the copies\' pods.'
  ])
})
