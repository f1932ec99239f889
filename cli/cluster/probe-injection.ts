import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { INJECT_LABEL, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import type { Pod } from './pods.ts'
import type { AnyObject } from './watch.ts'

const POLL_MS = 200
const PROBE_LABELS = { 'app.kubernetes.io/managed-by': 'waylay', 'app.kubernetes.io/component': 'probe' } as const

/**
 * Waits until the API server really calls the webhook and the webhook really injects: asks what a pod would look like
 * (`dryRun=All`, nothing is started) in a namespace made for that and removed again.
 *
 * @param signal ends the waiting; the namespace is removed all the same.
 * @throws {WaylayError} `WAYLAY_INSTALL_FAILED` with the last answer.
 */
export async function waitForInjection (cluster: Cluster, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const namespace = `waylay-probe-${randomBytes(4).toString('hex')}`
  const asked = { resource: 'namespaces', name: namespace } as const
  const body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { [INJECT_LABEL]: 'enabled', ...PROBE_LABELS } }
  }
  await callApi(cluster, { ...asked, verb: 'create', path: '/api/v1/namespaces', body })
  try {
    await probeUntilInjected(cluster, namespace, performance.now() + timeoutMs, signal)
  } finally {
    await callApi(cluster, { ...asked, verb: 'delete', path: `/api/v1/namespaces/${namespace}`, expected: [404] })
  }
}

/** Removes the namespaces of probes whose process was killed before it could. */
export async function removeLostProbes (cluster: Cluster): Promise<void> {
  const selector = Object.entries(PROBE_LABELS).map(([key, value]) => `${key}=${value}`).join(',')
  const path = `/api/v1/namespaces?labelSelector=${encodeURIComponent(selector)}`
  const { body } = await callApi(cluster, { verb: 'list', resource: 'namespaces', path })
  await Promise.all((body as { readonly items: readonly AnyObject[] }).items.map(async ({ metadata: { name } }) => {
    const asked = { verb: 'delete', resource: 'namespaces', name, expected: [404, 409] } as const
    await callApi(cluster, { ...asked, path: `/api/v1/namespaces/${name}` })
  }))
}

async function probeUntilInjected (
  cluster: Cluster, namespace: string, untilMs: number, signal: AbortSignal
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const reason = await probeOnce(cluster, namespace)
    if (reason === undefined) return
    if (performance.now() > untilMs) {
      throw new WaylayError('WAYLAY_INSTALL_FAILED', `The webhook runs, but a pod made for a test is not injected: ${reason}`)
    }
    await delay(POLL_MS)
  }
}

/**
 * Whether a pod created now would get the proxy: asked with `dryRun=All`, so that nothing is made.
 *
 * @throws {WaylayError} why no pod may be created.
 */
export async function isInjectedNow (cluster: Cluster, namespace: string): Promise<boolean> {
  const { body } = await callApi(cluster, {
    verb: 'create',
    resource: 'pods',
    namespace,
    path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
    body: probePod(namespace)
  })
  return (body as Pod).spec?.initContainers?.some(({ name }) => name === PROXY_CONTAINER_NAME) === true
}

/** Undefined when injected, else why not. */
async function probeOnce (cluster: Cluster, namespace: string): Promise<string | undefined> {
  try {
    return await isInjectedNow(cluster, namespace) ? undefined : 'it came back unchanged'
  } catch (error) {
    // A new namespace has no service account for a moment, and a webhook's address takes one to spread.
    return toWaylayError(error).message
  }
}

function probePod (namespace: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe', namespace },
    spec: { containers: [{ name: 'app', image: 'probe', ports: [{ containerPort: 8080, protocol: 'TCP' }] }] }
  }
}
