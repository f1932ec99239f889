import { setTimeout as delay } from 'node:timers/promises'
import { INIT_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import type { ContainerStatus, Pod } from './pods.ts'

/** What the dry run has shown: how the containers of ours are started. */
export type ProxyContainer = { readonly image?: string, readonly imagePullPolicy?: string }

const NAME = 'probe'
const POLL_MS = 200

// With these the kubelet says that waiting will not help.
const HOPELESS = new Set([
  'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'CrashLoopBackOff', 'CreateContainerConfigError', 'RunContainerError'
])

/**
 * Starts a pod and waits until the proxy runs in it: that the image can be had and that its rules can be written is
 * only known then. Its app is the image of the sidecar, which sleeps; so nothing else has to be pulled.
 *
 * @returns what is not as it should be, though the installation may be good; undefined when all is well.
 * @throws {WaylayError} `WAYLAY_INSTALL_FAILED` when our containers do not start.
 */
export async function startProbePod (
  cluster: Cluster, namespace: string, proxy: ProxyContainer,
  { timeoutMs, signal }: { readonly timeoutMs: number, readonly signal: AbortSignal }
): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${namespace}/pods`
  const asked = { resource: 'pods', namespace, name: NAME } as const
  const { body } = await callApi(cluster, { ...asked, verb: 'create', path, body: realPod(namespace, proxy) })
  try {
    if (!hasProxy(body as Pod)) return 'a pod that was really made came without waylay: see the log of the webhook'
    const untilMs = performance.now() + timeoutMs
    for (;;) {
      signal.throwIfAborted()
      const found = await callApi(cluster, { ...asked, verb: 'get', path: `${path}/${NAME}` })
      const verdict = judge(found.body as Pod, performance.now() > untilMs)
      if (verdict !== 'waits') return verdict.note
      await delay(POLL_MS)
    }
  } finally {
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 }
    await callApi(cluster, { ...asked, verb: 'delete', path: `${path}/${NAME}`, body: options, expected: [404] })
  }
}

/** Whether ours is among its containers. */
export function hasProxy ({ spec }: Pod): boolean {
  return spec?.initContainers?.some(({ name }) => name === PROXY_CONTAINER_NAME) === true
}

type Verdict = { readonly note: string | undefined }

function judge ({ status = {} }: Pod, isOver: boolean): Verdict | 'waits' {
  const of = (name: string): ContainerStatus | undefined =>
    status.initContainerStatuses?.find(container => container.name === name)
  const message = of(INIT_CONTAINER_NAME)?.state?.terminated?.message?.trim()
  if (of(PROXY_CONTAINER_NAME)?.state?.running !== undefined) {
    const isRedirected = message === undefined || message === ''
    return { note: isRedirected ? undefined : `waylay-init wrote no rules on this node: ${message}` }
  }
  for (const name of [INIT_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME]) {
    const waiting = of(name)?.state?.waiting
    if (waiting?.reason !== undefined && (isOver || HOPELESS.has(waiting.reason))) {
      throw new WaylayError('WAYLAY_INSTALL_FAILED',
        `A pod made for a test does not start: ${name} waits: ${[waiting.reason, waiting.message].filter(Boolean).join(', ')}`)
    }
  }
  // Without room on a node nothing is known of ours.
  return isOver ? { note: 'no node has started a pod made for a test: whether ours run is not known' } : 'waits'
}

function realPod (namespace: string, { image, imagePullPolicy }: ProxyContainer): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, namespace },
    spec: {
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{
        name: 'app',
        image,
        ...(imagePullPolicy !== undefined && { imagePullPolicy }),
        command: ['sleep', '3600'],
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
      }]
    }
  }
}
