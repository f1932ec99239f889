import type { Cluster } from '../test/cluster/driver.ts'
import { run } from '../test/cluster/run.ts'

/** Runs kubectl on the demo's cluster and returns what it printed. */
export type Kubectl = (...args: readonly string[]) => Promise<string>

/** Where the demo's cluster is, for every program it starts. */
export function environmentOf (cluster: Cluster): NodeJS.ProcessEnv {
  return { ...process.env, KUBECONFIG: cluster.kubeconfigPath }
}

/** Binds kubectl to one cluster. */
export function kubectlOf (cluster: Cluster, signal?: AbortSignal): Kubectl {
  return async (...args) => await run(cluster.kubectl, args, { env: environmentOf(cluster), signal })
}

/** Whether a namespace is there. */
export async function hasNamespace (kubectl: Kubectl, name: string): Promise<boolean> {
  return (await kubectl('get', 'namespace', name, '--ignore-not-found', '--output', 'name')).trim() !== ''
}
