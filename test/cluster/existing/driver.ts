import { access, chmod, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Cluster, ClusterDriver, ClusterOptions, ClusterStatus } from '../driver.ts'
import { findKubectl, serverVersion } from '../kubectl.ts'
import { findProgram, run } from '../run.ts'
import { removeUserFolder, userFolder } from '../user-folder.ts'
import { loadCommand } from './load-command.ts'

/** Which of somebody's clusters. */
export type ExistingCluster = { readonly kubeconfigPath: string, readonly context: string | undefined }

/** A cluster that somebody named. It is used, never made and never removed. */
export function existingDriver (named: ExistingCluster): ClusterDriver {
  return {
    up: async () => await clusterOf(named),
    down: async ({ progress }: ClusterOptions) => {
      await removeUserFolder('existing')
      progress('the cluster was not made here, so it stays')
    },
    status: async (): Promise<ClusterStatus> => {
      try {
        const cluster = await clusterOf(named)
        return { kind: 'existing', state: 'up', detail: `Kubernetes ${cluster.kubernetesVersion}`, cluster }
      } catch (error) {
        return { kind: 'existing', state: 'broken', detail: error instanceof Error ? error.message : String(error) }
      }
    }
  }
}

async function clusterOf (named: ExistingCluster): Promise<Cluster> {
  const kubectl = await findKubectl()
  const context = named.context ?? await currentContext(kubectl, named.kubeconfigPath)
  const kubeconfigPath = await writeOwnKubeconfig(kubectl, named.kubeconfigPath, context)
  return {
    kind: 'existing',
    kubeconfigPath,
    kubectl,
    kubernetesVersion: await serverVersion(kubectl, kubeconfigPath),
    loadImages: async archivePath => await loadImages(context, resolve(archivePath)),
    restartApiServer: async () => {
      throw new Error(`Nobody told us how to restart the API server of context "${context}": this test runs on bare and kind`)
    },
    // Its own network does, or the test that asked says that it does not.
    keepToPolicies: async () => async () => {}
  }
}

/** A copy with this one context only, so that nobody can hit another cluster of the same file by accident. */
async function writeOwnKubeconfig (kubectl: string, path: string, context: string): Promise<string> {
  const own = join(userFolder('existing'), 'kubeconfig')
  const text = await run(kubectl, ['--kubeconfig', path, '--context', context, 'config', 'view', '--flatten', '--minify'])
  await mkdir(userFolder('existing'), { recursive: true, mode: 0o700 })
  await writeFile(own, text, { mode: 0o600 })
  await chmod(own, 0o600)
  return own
}

async function currentContext (kubectl: string, path: string): Promise<string> {
  await access(path).catch(() => { throw new Error(`WAYLAY_CLUSTER names ${path}, and there is no such file`) })
  return (await run(kubectl, ['--kubeconfig', path, 'config', 'current-context'])).trim()
}

async function loadImages (context: string, archivePath: string): Promise<void> {
  const [program, ...args] = loadCommand(context, archivePath)
  if (await findProgram(program) === undefined) {
    throw new Error(`The context ${context} looks like one of ${program}'s, and there is no ${program} on PATH to load images with`)
  }
  await run(program, args)
}
