import { setTimeout as delay } from 'node:timers/promises'
import { openCluster } from './cluster/kubeconfig.ts'
import { createObjects, type Objects } from './cluster/objects.ts'
import { removeLostProbes } from './cluster/probe-injection.ts'
import { countInjectedPods } from './cluster/pods.ts'
import type { CliDeps, GlobalFlags } from './deps.ts'
import { inOrderOfRemoval, readManifests, type Manifest } from './manifests.ts'
import type { Output } from './output.ts'

// A namespace with a running pod in it takes as long as the pod's grace period, 30 s.
const NAMESPACE_TIMEOUT_MS = 60_000
const POLL_MS = 300

/** Removes everything; the webhook configuration first, so that nothing waits for a webhook that is gone. */
export async function uninstall (flags: GlobalFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const cluster = openCluster(flags, deps)
  try {
    const manifests = inOrderOfRemoval(await readManifests())
    const objects = createObjects(cluster)
    let removed = 0
    for (const manifest of manifests) {
      if (!await objects.remove(manifest)) continue
      removed += 1
      output.note(`  removed ${manifest.kind} ${manifest.metadata.name}`)
    }
    await removeLostProbes(cluster)
    for (const manifest of manifests.filter(({ kind }) => kind === 'Namespace')) {
      await waitUntilGone(objects, manifest, output)
    }
    output.note(removed === 0 ? 'waylay was not installed: nothing to remove.' : 'waylay is removed.')
    for (const [namespace, count] of await countInjectedPods(cluster)) {
      output.note(`Still injected: ${count} ${count === 1 ? 'pod' : 'pods'} in ${namespace}. They work on, and lose it at: kubectl -n ${namespace} rollout restart deployment`)
    }
  } finally {
    cluster.close()
  }
}

async function waitUntilGone (objects: Objects, manifest: Manifest, output: Output): Promise<void> {
  const untilMs = performance.now() + NAMESPACE_TIMEOUT_MS
  while (await objects.get(manifest) !== undefined) {
    if (performance.now() > untilMs) {
      output.note(`${manifest.kind} ${manifest.metadata.name} is still being removed by the cluster.`)
      return
    }
    await delay(POLL_MS)
  }
}
