import { access, cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../cache.ts'
import type { Cluster, ClusterDriver, ClusterOptions, ClusterStatus } from '../driver.ts'
import { findProgram } from '../run.ts'
import { withLock } from '../lock.ts'
import { waitFor } from '../wait.ts'
import { clusterPackages, ensureDebianPackages, requireDebianRoot } from './debian.ts'
import { tearDown } from './down.ts'
import { importArchive } from './images.ts'
import { kubeconfigPath } from './kubeconfig.ts'
import { keepToPolicies } from './network-policies.ts'
import { nodeIsReady } from './node.ts'
import { ensureParts } from './parts.ts'
import { inState, paths } from './plan.ts'
import { restartApiServer } from './restart.ts'
import { bootId, isRunning, readState, type State } from './state.ts'
import { bringUp } from './up.ts'

/** A single-node Kubernetes of our own making, for Linux machines without Docker. */
export const bareDriver: ClusterDriver = { prepare, up, down, status }

async function prepare (options: ClusterOptions): Promise<void> {
  await requireDebianRoot()
  await ensureDebianPackages(clusterPackages, options.progress, options.signal)
  await ensureParts(options)
}

async function up (options: ClusterOptions): Promise<Cluster> {
  const running = await status()
  if (running.cluster) return running.cluster
  await prepare(options)
  const parts = await ensureParts(options)
  return await alone(options, async () => {
    const meanwhile = await settled()
    if (meanwhile.cluster) return meanwhile.cluster
    if (meanwhile.state === 'broken') {
      options.progress(`clearing away an earlier cluster (${meanwhile.detail})`)
      await tearDown()
    }
    try {
      return clusterOf(await bringUp(parts, options))
    } catch (error) {
      const logs = await keepLogs()
      await tearDown()
      throw new Error(`The cluster did not come up. Its logs are in ${logs}`, { cause: error })
    }
  })
}

async function down (options: ClusterOptions): Promise<void> {
  await requireDebianRoot()
  // Without iproute2 no cluster was ever made here, and there is nothing to look with.
  if (await findProgram('ip') === undefined) return
  await alone(options, tearDown)
  options.progress('the cluster is down, and nothing of it is left')
}

/** A busy machine lets a node look dead for a moment; a cluster that others use must not be restarted for that. */
async function settled (): Promise<ClusterStatus> {
  const state = await readState()
  if (state?.ready && state.bootId === bootId() && state.processes.every(isRunning)) {
    await waitFor(async () => await nodeIsReady() || undefined, { what: 'the node', timeoutMs: 30_000 }).catch(() => {})
  }
  return await status()
}

async function status (): Promise<ClusterStatus> {
  const kind = 'bare'
  const state = await readState()
  if (state === undefined) return await leftovers()
  if (state.bootId !== bootId()) return { kind, state: 'broken', detail: 'the machine was restarted since' }
  const dead = state.processes.filter(record => !isRunning(record)).map(({ name }) => name)
  if (dead.length > 0) return { kind, state: 'broken', detail: `not running any more: ${dead.join(', ')}` }
  if (!state.ready) return { kind, state: 'broken', detail: 'not started completely, or still starting' }
  const answer = await nodeIsReady().then(ready => ready ? undefined : 'the node is not Ready', String)
  if (answer !== undefined) return { kind, state: 'broken', detail: answer }
  return { kind, state: 'up', detail: `Kubernetes ${state.kubernetesVersion}, node Ready`, cluster: clusterOf(state) }
}

async function leftovers (): Promise<ClusterStatus> {
  const found = await Promise.all([paths.state, paths.networkNamespace]
    .map(async path => await access(path).then(() => [path], () => [])))
  const left = found.flat()
  if (left.length > 0) return { kind: 'bare', state: 'broken', detail: `left over: ${left.join(', ')}` }
  return { kind: 'bare', state: 'down', detail: 'nothing of it is there' }
}

function clusterOf (state: State): Cluster {
  return {
    kind: 'bare',
    kubeconfigPath: kubeconfigPath('admin'),
    kubectl: state.kubectl,
    kubernetesVersion: state.kubernetesVersion,
    loadImages: importArchive,
    restartApiServer,
    keepToPolicies
  }
}

async function alone<T> (options: ClusterOptions, work: () => Promise<T>): Promise<T> {
  const onWait = () => options.progress('waiting for another process that starts or stops the cluster')
  return await withLock('test-cluster', { onWait, signal: options.signal }, work)
}

/** The folder of a cluster that failed is removed; its logs are worth more than that. */
async function keepLogs (): Promise<string> {
  const kept = join(cacheFolder(), 'cluster', 'last-failure')
  await rm(kept, { recursive: true, force: true })
  await cp(inState('logs'), kept, { recursive: true }).catch(() => {})
  return kept
}
