import { readFile, rm } from 'node:fs/promises'
import { waitFor } from '../wait.ts'
import { run } from '../run.ts'
import { clusterProcessIds, removeCgroups } from './cgroups.ts'
import { restoreKernelSettings } from './kernel-settings.ts'
import { removeNamespaceFolder, removeNetwork } from './network.ts'
import { paths } from './plan.ts'
import { bootId, isRunning, readState } from './state.ts'

/**
 * Removes whatever there is of a cluster: a whole one, a half one, or what a killed process or a restart of the machine
 * left. Nothing is asked to end in order: all data goes anyway, and killing at once is what makes it fast.
 */
export async function tearDown (): Promise<void> {
  const state = await readState()
  const sameBoot = state?.bootId === bootId()
  await waitFor(async () => {
    const written = sameBoot ? state.processes.filter(isRunning).map(({ pid }) => pid) : []
    const alive = new Set([...written, ...await clusterProcessIds()])
    alive.forEach(kill)
    return alive.size === 0 ? true : undefined
  }, { what: 'the processes of the cluster to end', timeoutMs: 30_000, everyMs: 20 })
  if (sameBoot) await restoreKernelSettings(state.kernelSettings)
  await waitFor(async () => {
    await removeCgroups()
    return true
  }, { what: 'the cgroups of the cluster to be empty', timeoutMs: 10_000, everyMs: 20 })
  await removeNetwork()
  if (sameBoot && !state.hadNamespaceFolder) await removeNamespaceFolder()
  await unmountLeftovers()
  await rm(paths.state, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

function kill (pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The cluster's mounts are its own and go with it; this is for those somebody made below its folder from outside. */
async function unmountLeftovers (): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map(line => line.split(' ')[1] ?? '')
  for (const mount of mounts.filter(path => path.startsWith(`${paths.state}/`)).reverse()) await run('umount', ['-l', mount])
}
