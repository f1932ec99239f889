import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster, ClusterDriver, ClusterOptions, ClusterStatus } from '../driver.ts'
import { findKubectl, serverVersion } from '../kubectl.ts'
import { findProgram, run } from '../run.ts'
import { removeUserFolder, userFolder } from '../user-folder.ts'
import { waitFor } from '../wait.ts'

/** The name in kind.yaml; Docker's containers are called after it. */
export const kindClusterName = 'waylay-test'
/** What kind is told to make. */
export const kindConfigPath = join(import.meta.dirname, 'kind.yaml')

/** Kubernetes in Docker, where a Docker engine answers. */
export const kindDriver: ClusterDriver = { up, down, status }

async function up ({ progress, signal }: ClusterOptions): Promise<Cluster> {
  const running = await status()
  if (running.cluster) return running.cluster
  const kind = await requireKind()
  // Before minutes are spent on a cluster that nobody could talk to.
  await findKubectl()
  if (running.state === 'broken') await remove(kind)
  progress('creating a kind cluster (the first time Docker fetches its node image)')
  await mkdir(userFolder('kind'), { recursive: true, mode: 0o700 })
  try {
    await run(kind, ['create', 'cluster', '--config', kindConfigPath, '--kubeconfig', kubeconfigPath(), '--wait', '180s'],
      { signal, onErrorLine: progress })
    return await clusterOf()
  } catch (error) {
    await remove(kind).catch(() => {})
    throw new Error('kind could not create the cluster', { cause: error })
  }
}

async function down ({ progress }: ClusterOptions): Promise<void> {
  await remove(await requireKind())
  progress('the kind cluster is gone')
}

async function status (): Promise<ClusterStatus> {
  const kind = await requireKind()
  // What kind prints on standard output is one name in each line, or nothing.
  const exists = (await run(kind, ['get', 'clusters'])).split('\n').includes(kindClusterName)
  const hasKubeconfig = await access(kubeconfigPath()).then(() => true, () => false)
  if (!exists && !hasKubeconfig) return { kind: 'kind', state: 'down', detail: 'kind knows no such cluster' }
  if (!exists || !hasKubeconfig) {
    return { kind: 'kind', state: 'broken', detail: exists ? 'its kubeconfig is gone' : 'only its kubeconfig is left' }
  }
  try {
    const cluster = await clusterOf()
    return { kind: 'kind', state: 'up', detail: `Kubernetes ${cluster.kubernetesVersion}`, cluster }
  } catch (error) {
    return { kind: 'kind', state: 'broken', detail: String(error) }
  }
}

async function remove (kind: string): Promise<void> {
  await run(kind, ['delete', 'cluster', '--name', kindClusterName, '--kubeconfig', kubeconfigPath()])
  await removeUserFolder('kind')
}

async function clusterOf (): Promise<Cluster> {
  const kubectl = await findKubectl()
  return {
    kind: 'kind',
    kubeconfigPath: kubeconfigPath(),
    kubectl,
    kubernetesVersion: await serverVersion(kubectl, kubeconfigPath()),
    loadImages: async archivePath => {
      await run(await requireKind(), ['load', 'image-archive', archivePath, '--name', kindClusterName])
    },
    restartApiServer,
    // kindnet does, always.
    keepToPolicies: async () => async () => {}
  }
}

/** The kubelet starts it again by itself, when it likes: a static pod. */
async function restartApiServer (downMs: number): Promise<void> {
  await run('docker', ['exec', `${kindClusterName}-control-plane`, 'pkill', '-KILL', 'kube-apiserver'])
  await new Promise(resolve => setTimeout(resolve, downMs))
  await waitFor(async () => { await clusterOf(); return true }, { what: 'the API server', timeoutMs: 120_000 })
}

async function requireKind (): Promise<string> {
  const kind = await findProgram('kind')
  if (kind === undefined) throw new Error('There is no kind on PATH. Install it: https://kind.sigs.k8s.io, or set WAYLAY_CLUSTER=bare')
  return kind
}

function kubeconfigPath (): string {
  return join(userFolder('kind'), 'kubeconfig')
}
