import type { Cluster } from '../test/cluster/cluster.ts'
import { run } from '../test/cluster/run.ts'
import type { ImageSet } from './images.ts'

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
