import { apply, eventually, getJson, kubectl } from './kube.ts'
import { PROGRAM_COMMAND, PROGRAM_MOUNT, programVolume } from './mounted-program.ts'

export const FIXTURES_IMAGE = 'waylay/fixtures:0.1.0'

export type Pod = {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly deletionTimestamp?: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly containers: readonly { readonly name: string }[]
    readonly initContainers?: readonly { readonly name: string }[]
  }
  readonly status: {
    readonly podIP?: string
    readonly podIPs?: readonly { readonly ip: string }[]
    readonly conditions?: readonly { readonly type: string, readonly status: string }[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

export type ContainerStatus = {
  readonly name: string
  readonly restartCount: number
  readonly state: { readonly terminated?: { readonly exitCode: number, readonly message?: string } }
}

export type AppOptions = {
  readonly name?: string
  readonly replicas?: number
  readonly image?: string
  readonly command?: readonly string[]
  readonly env?: readonly object[]
  /** false: the container declares no port. */
  readonly declaresPort?: boolean
  readonly annotations?: Readonly<Record<string, string>>
  /** Replaces the HTTP readiness probe. */
  readonly probe?: object | null
  /** A ConfigMap of `mountProgram`, run instead of the image's app. */
  readonly program?: string
}

/** The pod template of an app on port 8080 with an HTTP readiness probe. */
export function podTemplate (options: AppOptions = {}): { readonly metadata: object, readonly spec: PodSpec } {
  const { name = 'app', env = [], probe, program } = options
  const command = options.command ?? (program === undefined ? ['node', '/fixtures/app.ts'] : PROGRAM_COMMAND)
  return {
    metadata: { labels: { app: name }, annotations: options.annotations ?? {} },
    spec: {
      terminationGracePeriodSeconds: 5,
      containers: [{
        name: 'app',
        image: options.image ?? FIXTURES_IMAGE,
        command,
        env,
        ...(program !== undefined && { volumeMounts: [PROGRAM_MOUNT] }),
        ...(options.declaresPort !== false && { ports: [{ name: 'http', containerPort: 8080 }] }),
        ...(probe !== null && { readinessProbe: probe ?? { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 } })
      }],
      ...(program !== undefined && { volumes: [programVolume(program)] })
    }
  }
}

export type PodSpec = { readonly containers: readonly object[], readonly [field: string]: unknown }

/** A Deployment and a Service (80 to 8080) of the same name; waits until all of it is ready. */
export async function deployApp (namespace: string, options: AppOptions = {}): Promise<readonly Pod[]> {
  const { name = 'app', replicas = 1 } = options
  const selector = { app: name }
  await apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas, selector: { matchLabels: selector }, template: podTemplate(options) }
  }, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector, ipFamilyPolicy: 'PreferDualStack', ports: [{ port: 80, targetPort: 8080 }] }
  })
  await kubectl(['-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=90s'])
  return await readyPods(namespace, name, replicas)
}

/** The pods of an app, once exactly so many are there and ready. */
export async function readyPods (namespace: string, app: string, count: number): Promise<readonly Pod[]> {
  return await eventually(`${count} pods of ${app} are ready`, async () => {
    const { items } = await getJson<{ items: readonly Pod[] }>(['-n', namespace, 'pods', '-l', `app=${app}`])
    const ready = items.filter(pod => pod.metadata.deletionTimestamp === undefined && isReady(pod))
    return ready.length === count ? ready : undefined
  })
}

export function isReady (pod: Pod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

/** Names of all containers, init containers first. */
export function containerNames (pod: Pod): readonly string[] {
  return [...pod.spec.initContainers ?? [], ...pod.spec.containers].map(({ name }) => name)
}

/** Where an app's pod listens. */
export function urlOf (pod: Pod, family: 4 | 6 = 4): string {
  const ip = pod.status.podIPs?.map(({ ip }) => ip).find(ip => ip.includes(':') === (family === 6))
  if (ip === undefined) throw new Error(`Pod ${pod.metadata.name} has no IPv${family} address`)
  return family === 6 ? `http://[${ip}]:8080` : `http://${ip}:8080`
}
