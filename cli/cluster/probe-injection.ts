import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ANNOTATIONS, INJECT_LABEL, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import { injectionOf, type Pod } from './pods.ts'
import { hasProxy, startProbePod } from './probe-pod.ts'

const POLL_MS = 200
const PROBE_LABELS = {
  // By these two uninstall finds one that was left behind.
  'app.kubernetes.io/name': 'waylay',
  'app.kubernetes.io/managed-by': 'waylay',
  'app.kubernetes.io/component': 'probe',
  // The cluster may have a stricter default, which forbids NET_ADMIN.
  'pod-security.kubernetes.io/enforce': 'privileged'
} as const

/** How long to wait for an injection, and for whose. */
export type Waiting = {
  readonly timeoutMs: number
  /** Ends the waiting; the namespace is removed all the same. */
  readonly signal: AbortSignal
  /** Of the webhook that must answer. */
  readonly version?: string
}

/**
 * Waits until the API server really calls the webhook and the webhook really injects: asks what a pod would look like
 * (`dryRun=All`) in a namespace made for that and removed again; then starts one, and waits until the proxy runs.
 *
 * @returns what is not as it should be, though the installation may be good.
 * @throws {WaylayError} `WAYLAY_INSTALL_FAILED` with the last answer.
 */
export async function waitForInjection (cluster: Cluster, waiting: Waiting): Promise<string | undefined> {
  const namespace = `waylay-probe-${randomBytes(4).toString('hex')}`
  const asked = { resource: 'namespaces', name: namespace } as const
  const body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { [INJECT_LABEL]: 'enabled', ...PROBE_LABELS } }
  }
  await callApi(cluster, { ...asked, verb: 'create', path: '/api/v1/namespaces', body })
  try {
    const injected = await probeUntilInjected(cluster, namespace, waiting)
    const proxy = injected.spec?.initContainers?.find(({ name }) => name === PROXY_CONTAINER_NAME)
    return await startProbePod(cluster, namespace, proxy ?? {}, waiting)
  } finally {
    await callApi(cluster, { ...asked, verb: 'delete', path: `/api/v1/namespaces/${namespace}`, expected: [404] })
  }
}

async function probeUntilInjected (
  cluster: Cluster, namespace: string, { timeoutMs, signal, version }: Waiting
): Promise<Pod> {
  const untilMs = performance.now() + timeoutMs
  for (;;) {
    signal.throwIfAborted()
    const reason = await probeOnce(cluster, namespace, version)
    if (!(reason instanceof WaylayError)) return reason
    if (performance.now() > untilMs) {
      // One who may not create pods is told so by the API server, in its own words.
      if (reason.code === 'WAYLAY_FORBIDDEN') throw reason
      throw new WaylayError('WAYLAY_INSTALL_FAILED',
        `The webhook runs, but a pod made for a test is not injected: ${reason.message}`)
    }
    await delay(POLL_MS)
  }
}

/** What would become of a new pod; `warnings` of the webhook say why it would be left as it is. */
export type InjectionAnswer = {
  readonly kind: 'injected' | 'named-port' | 'none'
  readonly warnings: readonly string[]
}

/**
 * Whether a pod created now would get the proxy, by itself or only in the mode `named-port`: asked with `dryRun=All`,
 * so that nothing is made.
 *
 * @throws {WaylayError} why no pod may be created.
 */
export async function askInjection (cluster: Cluster, namespace: string): Promise<InjectionAnswer> {
  const { pod, warnings } = await tryPod(cluster, namespace)
  if (hasProxy(pod)) return { kind: 'injected', warnings }
  const byName = await tryPod(cluster, namespace, { [ANNOTATIONS.mode]: 'named-port' })
  return { kind: hasProxy(byName.pod) ? 'named-port' : 'none', warnings }
}

/** The pod when it is injected, else why not. */
async function probeOnce (
  cluster: Cluster, namespace: string, version: string | undefined
): Promise<Pod | WaylayError> {
  try {
    const { pod } = await tryPod(cluster, namespace)
    if (!hasProxy(pod)) return notYet('it came back unchanged')
    const found = injectionOf(pod)?.version
    // While replicas are replaced, an old one may still answer.
    return version === undefined || found === version ? pod : notYet(`it got the sidecar of version ${found ?? 'unknown'}`)
  } catch (error) {
    // A new namespace has no service account for a moment, and a webhook's address takes one to spread.
    return toWaylayError(error)
  }
}

function notYet (why: string): WaylayError {
  return new WaylayError('WAYLAY_INSTALL_FAILED', why)
}

async function tryPod (
  cluster: Cluster, namespace: string, annotations: Readonly<Record<string, string>> = {}
): Promise<{ readonly pod: Pod, readonly warnings: readonly string[] }> {
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`
  const asked = { verb: 'create', resource: 'pods', namespace, path, body: probePod(namespace, annotations) } as const
  const { body, warnings } = await callApi(cluster, asked)
  return { pod: body as Pod, warnings }
}

function probePod (namespace: string, annotations: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    // A namespace may inject those alone that ask for it.
    metadata: { name: 'probe', namespace, annotations, labels: { [INJECT_LABEL]: 'enabled' } },
    spec: {
      containers: [{
        name: 'app',
        image: 'probe',
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        // What the strictest namespace asks of a pod: whether it is let in is not the question.
        securityContext: {
          runAsNonRoot: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' }
        }
      }]
    }
  }
}
