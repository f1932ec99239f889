import { eventually, getJson, kubectl } from './kube.ts'
import { isReady, type Pod } from './workload.ts'

export const SYSTEM = 'waylay-system'
const SELECTOR = 'app.kubernetes.io/name=waylay,app.kubernetes.io/component=webhook'

/** The webhook's pods that are not being deleted. */
export async function webhookPods (): Promise<readonly Pod[]> {
  const { items } = await getJson<{ items: readonly Pod[] }>(['-n', SYSTEM, 'pods', '-l', SELECTOR])
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
}

/** Waits until exactly so many are there and ready. */
export async function webhookReady (replicas = 2): Promise<readonly Pod[]> {
  return await eventually(`${replicas} webhooks are ready`, async () => {
    const pods = await webhookPods()
    return pods.length === replicas && pods.every(isReady) ? pods : undefined
  }, { timeoutMs: 120_000, everyMs: 500 })
}

export async function rollOut (): Promise<void> {
  await kubectl(['-n', SYSTEM, 'rollout', 'status', 'deployment/waylay-webhook', '--timeout=150s'])
}

/** Puts new pods in the place of all, and waits until those of before answer no more. */
export async function restartWebhook (): Promise<void> {
  await kubectl(['-n', SYSTEM, 'rollout', 'restart', 'deployment/waylay-webhook'])
  await rollOut()
  await eventually('the webhooks of before are gone', async () => {
    const { items } = await getJson<{ items: readonly Pod[] }>(['-n', SYSTEM, 'pods', '-l', SELECTOR])
    return items.length === 2 ? true : undefined
  })
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: string, readonly pod: string }

/** Every line that the webhook's pods have written, with the pod that wrote it. */
export async function webhookLog (): Promise<readonly LogLine[]> {
  const pods = await webhookPods()
  const texts = await Promise.all(pods.map(async ({ metadata: { name } }) =>
    ({ name, text: await kubectl(['-n', SYSTEM, 'logs', name, '--tail=-1']) })))
  return texts.flatMap(({ name, text }) => text.split('\n').filter(line => line.startsWith('{'))
    .map(line => ({ ...JSON.parse(line) as object, pod: name })))
}

/** Serial numbers of the certificates that the pods have served with. */
export async function servedSerials (): Promise<readonly string[]> {
  const lines = (await webhookLog()).filter(({ event }) => event === 'certificate.in-use')
  return [...new Set(lines.map(line => String(line['serialNumber'])))]
}
