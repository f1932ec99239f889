import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { partFolders } from './bare/parts.ts'
import { findProgram, run } from './run.ts'

/** A kubectl for clusters that bring none: the one on PATH, else the one built for a bare cluster on this machine. */
export async function findKubectl (): Promise<string> {
  const onPath = await findProgram('kubectl')
  if (onPath !== undefined) return onPath
  const built = join((await partFolders()).kubernetes, 'kubectl')
  if (await access(built).then(() => true, () => false)) return built
  throw new Error('There is no kubectl on PATH. Install it: https://kubernetes.io/docs/tasks/tools')
}

/** What the API server says it is, "v1.34.4"; fails with kubectl's words when it does not answer. */
export async function serverVersion (kubectl: string, kubeconfigPath: string): Promise<string> {
  const answer = JSON.parse(await run(kubectl,
    ['--kubeconfig', kubeconfigPath, '--request-timeout', '10s', 'get', '--raw', '/version'])) as { gitVersion?: unknown }
  if (typeof answer.gitVersion !== 'string') throw new Error('The API server does not say its version')
  return answer.gitVersion
}
