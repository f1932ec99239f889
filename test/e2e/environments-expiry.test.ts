import test, { type ExecutionContext } from 'ava'
import type { Environment } from '../../environments/object.ts'
import { envUp } from '../helpers/environments.ts'
import { kubectlAs, makeEnvironmentByHand, remainsOf, rootOf } from '../helpers/hand-made-environment.ts'
import { makeJob } from '../helpers/identity.ts'
import { eventually, getJson, kubectl, theCluster } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { spawnWaylay, waylay } from '../helpers/waylay.ts'
import { SYSTEM, webhookLog, webhookReady } from '../helpers/webhook-pods.ts'
import { deployApp } from '../helpers/workload.ts'

const SECOND_MS = 1000

async function scaleWebhook (replicas: number): Promise<void> {
  await kubectl(['-n', SYSTEM, 'scale', 'deployment/waylay-webhook', `--replicas=${replicas}`])
  if (replicas > 0) return void await webhookReady(replicas)
  await eventually('no webhook is there any more', async () => {
    const { items } = await getJson<{ items: unknown[] }>(['-n', SYSTEM, 'pods', '-l', 'app.kubernetes.io/component=webhook'])
    return items.length === 0 ? true : undefined
  })
}

/** Waits until nothing of it is there, and says when that was. */
async function isGone (t: ExecutionContext, { metadata: { namespace, name }, spec }: Environment): Promise<void> {
  const sinceEnd = (): string => ((Date.now() - Date.parse(spec.expiresAt)) / SECOND_MS).toFixed(1)
  let hasRoot = true
  await eventually(`nothing of ${name} is left`, async () => {
    const left = await remainsOf(namespace, name)
    if (hasRoot && !left.includes(`Environment/${name}`)) {
      hasRoot = false
      t.log(`the object is gone ${sinceEnd()} s after its end, with ${left.length} of its parts still there`)
    }
    return left.length === 0 ? true : undefined
  }, { timeoutMs: 120_000, everyMs: 500 })
  t.log(`everything is gone ${sinceEnd()} s after its end`)
}

test.serial('one of 20 seconds is gone with all it owns, and so is one whose job was killed', async t => {
  const namespace = await makeNamespace(t)
  const [job, other] = [await makeJob(t, namespace, 'job'), await makeJob(t, namespace, 'other')]
  const owner = `system:serviceaccount:${namespace}:job`
  await deployApp(namespace)
  const read = async (name: string) => await getJson<Environment>(['-n', namespace, 'environments', name])
  const root = await kubectlAs(job, ['create', '-f', '-'], rootOf(namespace, 'renewed', 15 * SECOND_MS))
  t.is(root.exitCode, 0, root.stderr)
  const extended = await waylay(['env', 'extend', 'renewed', '-n', namespace, '--ttl', '1h'], { kubeconfig: other })
  t.is(extended.exitCode, 0, extended.stderr)

  // Dies as soon as the object that owns all the rest is there: most of it is still to be written.
  const killed = await spawnWaylay(t, ['env', 'up', 'killed', '-n', namespace, '--workload', 'app', '--ttl', '20s'], { kubeconfig: job })
  await eventually('the killed one has a root', async () => await read('killed'), { everyMs: 50 })
  killed.kill('SIGKILL')
  const stood = await envUp(namespace, 'pr-1', 'one', [], { kubeconfig: job })
  t.log(`up by the account of a job: first marked answer after ${stood.firstAnswerMs} ms`)
  const shortened = await waylay(['env', 'extend', 'pr-1', '-n', namespace, '--ttl', '20s', '--shorten'], { kubeconfig: other })
  t.is(shortened.exitCode, 0, shortened.stderr)
  const there = await remainsOf(namespace, 'pr-1')
  t.log(there.join(' '))
  for (const kind of ['Deployment', 'Service', 'ConfigMap', 'ServiceAccount', 'Role', 'RoleBinding', 'Intercept']) {
    t.true(there.some(one => one.startsWith(`${kind}/`)), kind)
  }
  const short = await read('pr-1')
  t.is(short.spec.owner, owner)

  await isGone(t, short)
  await eventually('nothing of the killed one is left', async () =>
    (await remainsOf(namespace, 'killed')).length === 0 ? true : undefined)

  const { spec } = await read('renewed')
  t.is(spec.owner, owner)
  const ends = (await webhookLog()).filter(line => line['namespace'] === namespace && line.event === 'environment.expired')
  t.deepEqual(ends.map(line => String(line['environment'])).sort(), ['killed', 'pr-1'], 'each by one replica')
})

test.serial('one that ends while no webhook is there, or the API server is not, is gone when they are back', async t => {
  const namespace = await makeNamespace(t, { inject: false })
  const job = await makeJob(t, namespace, 'job')
  // Long enough for the making and the 5 s in which a webhook that is told to end goes on: else that one deletes it.
  const first = await makeEnvironmentByHand(job, namespace, 'pr-1', 25 * SECOND_MS)
  t.teardown(async () => { await scaleWebhook(2) })
  await scaleWebhook(0)
  await eventually('its time is over', async () => Date.now() > Date.parse(first.spec.expiresAt) + 2 * SECOND_MS ? true : undefined)
  t.true((await remainsOf(namespace, 'pr-1')).includes('Environment/pr-1'))
  const refused = await kubectlAs(job, ['create', '-f', '-'], rootOf(namespace, 'pr-2', 60 * SECOND_MS))
  t.regex(refused.stderr, /failed calling webhook|no endpoints available/)
  // The garbage collector's finalizers wait for no webhook.
  await kubectl(['-n', namespace, 'patch', 'environment', 'pr-1', '--type=merge', '-p', '{"metadata":{"labels":{"a":"b"}}}'])
  await scaleWebhook(2)
  const backMs = Date.now()
  await isGone(t, first)
  t.log(`${((Date.now() - backMs) / SECOND_MS).toFixed(1)} s after the webhook was back`)

  const second = await makeEnvironmentByHand(job, namespace, 'pr-2', 6 * SECOND_MS)
  await (await theCluster()).restartApiServer(3000)
  const lateSeconds = (): string => ((Date.now() - Date.parse(second.spec.expiresAt)) / SECOND_MS).toFixed(1)
  t.log(`the API server answers again ${lateSeconds()} s after its end`)
  // What it owns is the garbage collector's, which takes a minute or more to find back after such an outage.
  await eventually('the object is gone', async () =>
    (await remainsOf(namespace, 'pr-2')).includes('Environment/pr-2') ? undefined : true, { timeoutMs: 120_000 })
  t.log(`the object is gone ${lateSeconds()} s after its end`)
})

test.serial('a namespace has as many as it allows, for as long as it allows, and what links lead by stays', async t => {
  const namespace = await makeNamespace(t, {
    inject: false, annotations: { 'waylay.dev/max-environments': '2', 'waylay.dev/max-environment-ttl': '1h' }
  })
  const [job, other] = [await makeJob(t, namespace, 'job'), await makeJob(t, namespace, 'other')]
  const make = async (who: string, name: string, livesMs = 60 * SECOND_MS, ...flags: readonly string[]) =>
    await kubectlAs(who, ['create', ...flags, '-f', '-'], rootOf(namespace, name, livesMs))

  t.regex((await make(job, 'pr-0', 2 * 3_600_000)).stderr, /WAYLAY_ENVIRONMENT_INVALID: spec.expiresAt .* lives 1h at most/)
  t.regex((await make(job, 'pr-0', -10 * SECOND_MS)).stderr, /WAYLAY_ENVIRONMENT_INVALID: spec.expiresAt .* not later than now/)
  const made = await Promise.all(Array.from({ length: 8 }, async (_, index) => (await make(job, `pr-${index}`)).exitCode))
  const names = made.flatMap((exitCode, index) => exitCode === 0 ? [`pr-${index}`] : [])
  t.log(`of 8 at the same moment ${names.length} were let in by two replicas, where 2 may be`)
  t.true(names.length >= 2 && names.length <= 4, names.join())
  for (const flags of [[], ['--dry-run=server']]) {
    const { stderr } = await make(other, 'pr-9', 60 * SECOND_MS, ...flags)
    t.log(stderr.trim())
    t.regex(stderr, new RegExp(`WAYLAY_ENVIRONMENT_LIMIT: The namespace ${namespace} has \\d environments and may have 2; the oldest: pr-\\d \\(system:serviceaccount:${namespace}:job, \\d+s old\\)`))
  }

  const [name = ''] = names
  const patch = async (field: string, value: unknown) => await kubectlAs(other,
    ['-n', namespace, 'patch', 'environment', name, '--type=merge', '-p', JSON.stringify({ spec: { [field]: value } })])
  for (const field of ['header', 'value']) {
    t.regex((await patch(field, 'x-some-other-thing')).stderr, new RegExp(`WAYLAY_ENVIRONMENT_INVALID: spec.${field} of ${name} cannot change`))
  }
  t.is((await patch('owner', 'other')).exitCode, 0)
  const applied = await kubectlAs(other, ['apply', '--server-side', '--force-conflicts', '-f', '-'],
    { ...rootOf(namespace, name, 120 * SECOND_MS) })
  t.is(applied.exitCode, 0, applied.stderr)
  const { spec } = await getJson<Environment>(['-n', namespace, 'environments', name])
  t.is(spec.owner, `system:serviceaccount:${namespace}:job`)

  t.is((await kubectlAs(other, ['-n', namespace, 'delete', 'environments', '--all'])).exitCode, 0)
  await eventually('there is room again', async () => (await make(job, 'pr-9')).exitCode === 0 ? true : undefined)
})
