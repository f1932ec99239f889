/**
 * Every golden pod as the real API server takes it: created as a server-side dry run, with the webhook installed. The
 * answer must carry what is on file. Where a case tells of a cluster that is not this one (an old node, a quota), the
 * patch on file is applied here and the result sent past the webhook.
 */
import test, { type ExecutionContext } from 'ava'
import { applyPatch } from '../../webhook/apply-patch.ts'
import type { InjectionContext } from '../../webhook/injection/context.ts'
import type { InjectionPlan } from '../../webhook/injection/plan.ts'
import type { Pod } from '../../webhook/injection/pod.ts'
import { missingFrom } from '../helpers/golden-answer.ts'
import { apply, eventually, kubectl, theCluster, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { goldenCases, goldenPlanOf, type GoldenCase, warningsOf } from '../webhook/injection/golden.ts'

/** As many kubectls as the machine bears. */
const AT_ONCE = 4
/** What a namespace can be made to say. */
const OF_NAMESPACES: readonly string[] = ['namespaceLabels', 'namespaceAnnotations']

test('the API server accepts every golden pod, with what is on file in it', async t => {
  await makeRuntimeClasses(t)
  const { kubernetesVersion } = await theCluster()
  const isOfThisCluster = (golden: GoldenCase): boolean => isOfCluster(golden, kubernetesVersion)
  const namespaces = new Map<string, Promise<string>>()
  const namespaceOf = (golden: GoldenCase): Promise<string> => {
    const { namespaceLabels = {}, namespaceAnnotations = {} } = golden.context
    const context = isOfThisCluster(golden) ? { namespaceLabels, namespaceAnnotations } : undefined
    const key = JSON.stringify(context ?? 'past the webhook')
    const known = namespaces.get(key) ?? makeReady(t, context)
    namespaces.set(key, known)
    return known
  }
  const cases = goldenCases()
  const counts = { sent: 0, 'past the webhook': 0 }
  const wrong: string[] = []
  await inTurns(cases, async golden => {
    const faults = isOfThisCluster(golden)
      ? await sendToWebhook(golden, await namespaceOf(golden))
      : await sendPastWebhook(golden, await namespaceOf(golden))
    counts[isOfThisCluster(golden) ? 'sent' : 'past the webhook']++
    wrong.push(...faults.map(fault => `${golden.name}: ${fault}`))
  })
  t.log(counts)
  t.deepEqual(wrong, [])
  t.true(counts.sent >= 40)
})

function isOfCluster ({ context: { cluster, ...context } }: GoldenCase, version: string): boolean {
  if (!Object.keys(context).every(key => OF_NAMESPACES.includes(key))) return false
  if (cluster === undefined) return true
  const { isOpenShift, oldestNode, kubernetes } = cluster
  return !isOpenShift && oldestNode === undefined &&
    (kubernetes === undefined || version.startsWith(`v${kubernetes.major}.${kubernetes.minor}.`))
}

/** @returns what is wrong with the answer. */
async function sendToWebhook (golden: GoldenCase, namespace: string): Promise<readonly string[]> {
  const plan = goldenPlanOf(golden)
  const answer = await create(golden.pod, namespace)
  if (answer.pod === undefined) return [answer.stderr]
  const warnings = warningsOf(plan)
  return [
    ...missingFrom(answer.pod, patched(golden.pod, plan)),
    // A JSON object has one of each key, and the label is there only where something was injected.
    ...(plan.kind === 'inject') === JSON.stringify(answer.pod).includes('waylay.dev/injected') || golden.isReinvoked
      ? []
      : ['the label of injected pods'],
    ...warnings.filter(warning => !answer.stderr.includes(warning)).map(warning => `not warned: ${warning}`)
  ]
}

/** @returns what is wrong with the answer. */
async function sendPastWebhook (golden: GoldenCase, namespace: string): Promise<readonly string[]> {
  const pod = patched(golden.pod, goldenPlanOf(golden))
  const answer = await create(pod, namespace)
  return answer.pod === undefined ? [answer.stderr] : missingFrom(answer.pod, pod)
}

function patched (pod: Pod, plan: InjectionPlan): Pod {
  return plan.kind === 'skip' ? pod : applyPatch(pod, plan.patch) as Pod
}

async function create (pod: Pod, namespace: string): Promise<{ readonly pod?: unknown, readonly stderr: string }> {
  // A token's volume would have a name of its own in each answer.
  const sent = { ...pod, spec: { ...pod.spec, automountServiceAccountToken: false } }
  const { stdout, stderr, exitCode } = await tryKubectl(
    ['-n', namespace, 'create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(sent))
  return exitCode === 0 ? { pod: JSON.parse(stdout) as unknown, stderr } : { stderr }
}

/** Without a context: a namespace where the webhook does not look. */
async function makeReady (
  t: ExecutionContext, context: Pick<InjectionContext, 'namespaceLabels' | 'namespaceAnnotations'> | undefined
): Promise<string> {
  const namespace = await makeNamespace(t, {
    inject: context !== undefined,
    ...(context && { labels: context.namespaceLabels, annotations: context.namespaceAnnotations })
  })
  await eventually('the namespace has its service account', async () => await kubectl(['-n', namespace, 'get', 'sa', 'default']))
  return namespace
}

/** A pod of a class that there is not is refused before anybody is asked about it. */
async function makeRuntimeClasses (t: ExecutionContext): Promise<void> {
  const names = new Set(goldenCases().map(({ pod }) => pod.spec.runtimeClassName).filter(name => name !== undefined))
  await apply(...[...names].map(name => (
    { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler: 'runc' })))
  t.teardown(async () => { await kubectl(['delete', 'runtimeclass', ...names, '--ignore-not-found']) })
}

async function inTurns<T> (items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }))
}
