import {
  INIT_CONTAINER_NAME, INJECTED_ENV, PORTS, PROPAGATE_CONTAINER_NAME, PROPAGATE_DIR, PROXY_CONTAINER_NAME, PROXY_GID,
  SHARED_DIR, type PropagateLanguage
} from '../../common/contract.ts'
import type { InjectedConfig } from '../../common/injected.ts'
import type { ClusterFacts, SidecarImage } from './context.ts'
import type { Resources } from './pod.ts'
import { tlsMounts, tlsVolumes } from './tls.ts'

/** Volumes of ours: the directory the two share, an empty one, and what the app loads to carry headers on. */
export const SHARED_VOLUME = 'waylay-shared'
export const EMPTY_VOLUME = 'waylay-empty'
export const PROPAGATE_VOLUME = 'waylay-propagate'

// A mount here keeps the API server's ServiceAccount plugin, which runs again after us, from adding its token.
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'

// A proxy that ends is back within a second; one that hangs is killed after five.
const READINESS = {
  httpGet: { path: '/healthz', port: PORTS.health }, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 3
}

const SMALL = { medium: 'Memory', sizeLimit: '1Mi' } as const

/** Stands where a token would be mounted. */
export const EMPTY_VOLUMES = [{ name: EMPTY_VOLUME, emptyDir: SMALL }] as const

export function injectedVolumes ({ ports }: InjectedConfig): readonly { readonly name: string }[] {
  const shared = { name: SHARED_VOLUME, emptyDir: SMALL }
  return [shared, ...EMPTY_VOLUMES, ...tlsVolumes(ports)]
}

/** Root, because iptables wants it, with the one capability it needs; it ends before the app starts. */
export function initContainer (image: SidecarImage, config: InjectedConfig, resources: Resources): object {
  return {
    name: INIT_CONTAINER_NAME,
    ...image,
    command: ['node', '/waylay/init.js'],
    // iptables waits for a lock in /run, which is read-only here.
    env: [...environment(config), { name: 'XTABLES_LOCKFILE', value: `${SHARED_DIR}/xtables.lock` }],
    resources,
    securityContext: {
      runAsUser: 0,
      runAsGroup: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
      readOnlyRootFilesystem: true,
      seccompProfile: { type: 'RuntimeDefault' }
    },
    volumeMounts: mounts()
  }
}

/**
 * A native sidecar without any probe: nothing about the proxy may take the pod out of its Service. But in the mode
 * `named-port`, where Services lead to it and to nothing else.
 */
export function proxyContainer (
  image: SidecarImage, config: InjectedConfig, resources: Resources, { isOpenShift }: Pick<ClusterFacts, 'isOpenShift'>
): object {
  return {
    name: PROXY_CONTAINER_NAME,
    ...image,
    restartPolicy: 'Always',
    command: ['bash', '/waylay/supervisor.sh'],
    env: environment(config),
    resources,
    securityContext: unprivileged(isOpenShift),
    ...(config.mode === 'named-port' && {
      ports: config.ports.map(({ name, listener }) => ({ name, containerPort: listener, protocol: 'TCP' })),
      readinessProbe: READINESS
    }),
    volumeMounts: [...mounts(), ...tlsMounts(config.ports)]
  }
}

/** Copies what the image has for one language into the volume that the app's containers read, and ends. */
export function propagateContainer (
  image: SidecarImage, language: PropagateLanguage, resources: Resources,
  { isOpenShift }: Pick<ClusterFacts, 'isOpenShift'>
): object {
  return {
    name: PROPAGATE_CONTAINER_NAME,
    ...image,
    command: ['cp', '-R', `/waylay/${language}`, PROPAGATE_DIR],
    resources,
    securityContext: unprivileged(isOpenShift),
    volumeMounts: [
      { name: PROPAGATE_VOLUME, mountPath: PROPAGATE_DIR },
      { name: EMPTY_VOLUME, mountPath: TOKEN_PATH, readOnly: true }
    ]
  }
}

function unprivileged (isOpenShift: boolean): object {
  return {
    // OpenShift gives each namespace uids of its own and refuses others; the rules look at the gid alone.
    ...(!isOpenShift && { runAsUser: PROXY_GID }),
    runAsGroup: PROXY_GID,
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    seccompProfile: { type: 'RuntimeDefault' }
  }
}

// The pod's name comes first: the kubelet puts it into the configuration of a pod that had none at admission.
function environment (config: InjectedConfig): readonly object[] {
  const fromPod = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { fieldPath } } })
  return [
    fromPod(INJECTED_ENV.podName, 'metadata.name'),
    fromPod(INJECTED_ENV.podNamespace, 'metadata.namespace'),
    fromPod(INJECTED_ENV.podIps, 'status.podIPs'),
    { name: INJECTED_ENV.config, value: JSON.stringify(config) }
  ]
}

function mounts (): readonly object[] {
  return [
    { name: SHARED_VOLUME, mountPath: SHARED_DIR },
    { name: EMPTY_VOLUME, mountPath: TOKEN_PATH, readOnly: true }
  ]
}
