import type { Cluster } from '../test/cluster/driver.ts'
import { run } from '../test/cluster/run.ts'

/** Images that are built and lie in one archive, for a cluster to load. */
export type ImageSet = {
  readonly archivePath: string
  /** Full names, as the kubelet looks for them. */
  readonly names: readonly string[]
  /** Same sources, same hash. */
  readonly hash: string
}

/** The cluster itself remembers what was loaded last: a note on this machine would outlive it. */
const NOTE = 'waylay-test-images'
const NAMESPACE = 'kube-public'

/** Loads the images, unless they are what was loaded last. Returns whether there was anything to do. */
export async function loadImages (cluster: Cluster, { archivePath, hash }: ImageSet): Promise<boolean> {
  const kubectl = async (args: readonly string[], input?: string) =>
    await run(cluster.kubectl, ['--kubeconfig', cluster.kubeconfigPath, '--namespace', NAMESPACE, ...args],
      input === undefined ? {} : { input })
  const loaded = await kubectl(['get', 'configmap', NOTE, '--ignore-not-found', '--output', 'jsonpath={.data.hash}'])
  if (loaded === hash) return false
  await cluster.loadImages(archivePath)
  await kubectl(['apply', '--filename', '-'], JSON.stringify({
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NOTE, namespace: NAMESPACE }, data: { hash }
  }))
  return true
}
