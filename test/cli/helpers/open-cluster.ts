import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import { callApi } from '../../../cli/cluster/api.ts'
import { openCluster, type Cluster } from '../../../cli/cluster/kubeconfig.ts'
import type { ClusterEntry, UserEntry } from '../../../cli/cluster/kubeconfig-file.ts'

export type WrittenCluster = {
  readonly cluster: ClusterEntry
  readonly user?: UserEntry
  readonly env?: Readonly<Record<string, string>>
}

/** A folder that is gone after the test. */
export async function makeFolder (t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'waylay-kubeconfig-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  return folder
}

/** Writes a kubeconfig into `folder` and opens it, as the command line does. */
export async function openWritten (
  t: ExecutionContext, { cluster, user = {}, env = {} }: WrittenCluster, folder?: string
): Promise<Cluster> {
  const file = path.join(folder ?? await makeFolder(t), 'config')
  await writeFile(file, JSON.stringify({
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'maria', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'maria', namespace: 'shop' } }],
    'current-context': 'test'
  }))
  const opened = openCluster({ kubeconfig: file }, { env, homeDir: '' })
  t.teardown(() => { opened.close() })
  return opened
}

/** One plain request. */
export async function askVersion (cluster: Cluster): Promise<unknown> {
  return (await callApi(cluster, { verb: 'get', resource: 'the version', path: '/version' })).body
}
