import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { build } from 'esbuild'
import { environmentOf, kubectlOf } from '../../demo/kubectl.ts'
import { setUpWaylay } from '../../demo/set-up.ts'
import type { Cluster } from '../../test/cluster/driver.ts'
import { run } from '../../test/cluster/run.ts'
import { FIXTURES_IMAGE } from '../../test/helpers/workload.ts'
import type { Cleanup } from '../cleanup.ts'

/** A namespace of the bench's own in a cluster with waylay; gone with the cleanup. */
export type Lab = {
  readonly cluster: Cluster
  readonly namespace: string
  /** kubectl in the namespace; `input` goes to its standard input. */
  readonly kubectl: (args: readonly string[], input?: object) => Promise<string>
}

export type LabDeps = { readonly progress: (line: string) => void, readonly signal: AbortSignal }

const PROGRAMS = join(import.meta.dirname, '..', 'programs')
const CONFIG_MAP = 'bench-programs'
const VOLUME = { name: 'programs', configMap: { name: CONFIG_MAP } }
const MOUNT = { name: 'programs', mountPath: '/programs' }

/** What pods run, by file below /programs. */
export const POD_PROGRAMS = { app: 'answering-app', caller: 'load-caller' } as const

export const APP_PORT = 8080

/**
 * What the pod under test asks for. Cluster and developer share one machine here: while all of its cores are busy, the
 * kernel would give a pod with the default requests next to nothing, whichever side it works for.
 */
export const SHARE: Share = { app: '500m', sidecar: '500m' }

export type Share = { readonly app: string, readonly sidecar: string }

/** Uses the cluster that is up, or brings one up; installs waylay where it is not. */
export async function setUpLab ({ progress, signal }: LabDeps, cleanup: Cleanup): Promise<Lab> {
  const undo = (what: string, step: () => Promise<unknown>): void => {
    cleanup.add(async () => {
      progress(what)
      await step()
    })
  }
  const { cluster } = await setUpWaylay({ progress, signal, atEnd: undo, atEndUnlessKept: undo })
  const namespace = `bench-${randomBytes(4).toString('hex')}`
  const admin = kubectlOf(cluster)
  const kubectl = async (args: readonly string[], input?: object) =>
    await run(cluster.kubectl, ['--namespace', namespace, ...args],
      { env: environmentOf(cluster), signal, ...(input !== undefined && { input: JSON.stringify(input) }) })
  undo('removing the namespace of the bench', async () =>
    await admin('delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s'))
  await kubectl(['create', '-f', '-'], {
    apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { 'waylay.dev/inject': 'enabled' } }
  })
  await kubectl(['create', '-f', '-'], await programs())
  return { cluster, namespace, kubectl }
}

/** A Deployment of the answering app with a Service, ready. @param inject whether its pods get the proxy. */
export async function deployApp (
  { kubectl }: Lab, name: string, replicas: number, share?: Share, inject = true
): Promise<void> {
  const labels = { app: name, ...(!inject && { 'waylay.dev/inject': 'disabled' }) }
  await kubectl(['create', '-f', '-'], {
    apiVersion: 'v1',
    kind: 'List',
    items: [{
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { replicas, selector: { matchLabels: labels }, template: podTemplate(labels, share) }
    }, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: labels, ports: [{ port: 80, targetPort: APP_PORT }] }
    }]
  })
  await kubectl(['rollout', 'status', `deployment/${name}`, '--timeout=180s'])
}

export const CALLER_POD = 'caller'

/** A pod without a sidecar that sleeps, with the programs in it. */
export async function startCallerPod ({ kubectl }: Lab): Promise<string> {
  const name = CALLER_POD
  await kubectl(['create', '-f', '-'], {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'waylay.dev/inject': 'disabled' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{
        name,
        image: FIXTURES_IMAGE,
        command: ['sleep', '86400'],
        volumeMounts: [MOUNT],
        resources: { requests: { cpu: SHARE.app } }
      }],
      volumes: [VOLUME]
    }
  })
  await kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s'])
  return name
}

/** What a reader of the figures has to know of the cluster. */
export async function describeCluster ({ cluster, kubectl }: Lab): Promise<Readonly<Record<string, string>>> {
  const { clientVersion } = JSON.parse(await kubectl(['version', '-o', 'json'])) as
    { clientVersion: { gitVersion: string } }
  return {
    cluster: `${cluster.kind}, Kubernetes ${cluster.kubernetesVersion}`,
    kubectl: clientVersion.gitVersion,
    'CPU requests of the pod': `app ${SHARE.app}, waylay-proxy ${SHARE.sidecar}`
  }
}

/** The same, and the two ways of the bench of the tunnel. */
export async function describeLab (lab: Lab): Promise<Readonly<Record<string, string>>> {
  return {
    ...await describeCluster(lab),
    'the way of a diverted request': 'caller -> pod address -> proxy -> tunnel -> waylay -> program on this machine',
    'the way through kubectl': 'the same caller -> kubectl port-forward -> the same program in the same pod'
  }
}

/** Where a program lies in a pod. */
export function inPod (program: keyof typeof POD_PROGRAMS): string {
  return `${MOUNT.mountPath}/${program}.mjs`
}

function podTemplate (labels: object, share: Share | undefined): object {
  return {
    metadata: {
      labels, annotations: share === undefined ? {} : { 'waylay.dev/sidecar-cpu': share.sidecar }
    },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{
        name: 'app',
        image: FIXTURES_IMAGE,
        command: ['node', inPod('app'), String(APP_PORT)],
        ports: [{ name: 'http', containerPort: APP_PORT }],
        volumeMounts: [MOUNT],
        resources: share === undefined ? {} : { requests: { cpu: share.app } },
        readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 2 }
      }],
      volumes: [VOLUME]
    }
  }
}

async function programs (): Promise<object> {
  const files = await Promise.all(Object.entries(POD_PROGRAMS).map(async ([name, source]) => {
    const { outputFiles } = await build({
      entryPoints: [join(PROGRAMS, `${source}.ts`)], bundle: true, write: false, platform: 'node', format: 'esm', target: 'node26'
    })
    return [`${name}.mjs`, outputFiles[0]?.text]
  }))
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: CONFIG_MAP }, data: Object.fromEntries(files) as object }
}
