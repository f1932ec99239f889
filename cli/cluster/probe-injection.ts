import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { INJECT_LABEL, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import type { Pod } from './pods.ts'

const POLL_MS = 200

/**
 * Waits until the API server really calls the webhook and the webhook really injects: asks what a pod would look like
 * (`dryRun=All`, nothing is started) in a namespace made for that and removed again.
 *
 * @throws {WaylayError} `WAYLAY_INSTALL_FAILED` with the last answer.
 */
export async function waitForInjection (cluster: Cluster, timeoutMs: number): Promise<void> {
  const namespace = `waylay-probe-${randomBytes(4).toString('hex')}`
  const asked = { resource: 'namespaces', name: namespace } as const
  const body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { [INJECT_LABEL]: 'enabled', 'app.kubernetes.io/managed-by': 'waylay' } }
  }
  await callApi(cluster, { ...asked, verb: 'create', path: '/api/v1/namespaces', body })
  try {
    await probeUntilInjected(cluster, namespace, performance.now() + timeoutMs)
  } finally {
    await callApi(cluster, { ...asked, verb: 'delete', path: `/api/v1/namespaces/${namespace}`, expected: [404] })
  }
}

async function probeUntilInjected (cluster: Cluster, namespace: string, untilMs: number): Promise<void> {
  for (;;) {
    const reason = await probeOnce(cluster, namespace)
    if (reason === undefined) return
    if (performance.now() > untilMs) {
      throw new WaylayError('WAYLAY_INSTALL_FAILED', `The webhook runs, but a pod made for a test is not injected: ${reason}`)
    }
    await delay(POLL_MS)
  }
}

/** Undefined when injected, else why not. */
async function probeOnce (cluster: Cluster, namespace: string): Promise<string | undefined> {
  try {
    const { body } = await callApi(cluster, {
      verb: 'create',
      resource: 'pods',
      namespace,
      path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
      body: probePod(namespace)
    })
    const isInjected = (body as Pod).spec?.initContainers?.some(({ name }) => name === PROXY_CONTAINER_NAME) === true
    return isInjected ? undefined : 'it came back unchanged'
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
