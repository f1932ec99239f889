import { INJECT_LABEL } from '../common/contract.ts'
import { openCluster, type Cluster } from './cluster/kubeconfig.ts'
import { createObjects } from './cluster/objects.ts'
import { waitForInjection } from './cluster/probe-injection.ts'
import { checkVersion } from './cluster/version.ts'
import { waitForDeployment } from './cluster/wait-deployment.ts'
import type { CliDeps } from './deps.ts'
import type { InstallFlags } from './flags.ts'
import { inOrderOfCreation, readManifests } from './manifests.ts'
import { chooseImages } from './manifest-images.ts'
import type { Output } from './output.ts'

// What makes an installation stricter, and is no reason not to have one.
const OPTIONAL_KINDS: ReadonlySet<string> = new Set(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'])

/**
 * Applies everything, then waits until it works.
 *
 * @returns false when it was stopped by a signal: what was applied stays, and running it again goes on from there.
 */
export async function install (flags: InstallFlags, deps: CliDeps): Promise<boolean> {
  const { output, onStopSignal } = deps
  const cluster = openCluster(flags, deps)
  const stopping = new AbortController()
  const offSignals = onStopSignal(() => { stopping.abort() })
  try {
    await installInto(cluster, flags, output, stopping.signal)
    output.note('waylay is installed: new pods of labelled namespaces are injected.')
    output.note(`Next:  kubectl label namespace <namespace> ${INJECT_LABEL}=enabled && kubectl -n <namespace> rollout restart deployment`)
    return true
  } catch (error) {
    if (!stopping.signal.aborted) throw error
    output.note('Stopped before it was done. Run "waylay install" again to go on, or "waylay uninstall" to remove it.')
    return false
  } finally {
    offSignals()
    cluster.close()
  }
}

async function installInto (cluster: Cluster, flags: InstallFlags, output: Output, signal: AbortSignal): Promise<void> {
  const [version, manifests] = await Promise.all([checkVersion(cluster), readManifests()])
  output.note(`Installing into ${cluster.server.origin} (context ${cluster.context}, Kubernetes ${version})`)
  const chosen = inOrderOfCreation(manifests).map(manifest => chooseImages(manifest, flags))
  const objects = createObjects(cluster)
  for (const manifest of chosen) {
    signal.throwIfAborted()
    if (OPTIONAL_KINDS.has(manifest.kind) && !await objects.isKnown(manifest)) {
      output.note(`  left out ${manifest.kind} ${manifest.metadata.name}: it needs Kubernetes 1.30 or later`)
      continue
    }
    await objects.apply(manifest)
    output.note(`  applied ${manifest.kind} ${manifest.metadata.name}`)
  }
  const timeoutMs = flags.timeoutSeconds * 1000
  for (const manifest of chosen.filter(({ kind }) => kind === 'Deployment')) {
    output.note(`  waiting for ${manifest.kind} ${manifest.metadata.name}`)
    await waitForDeployment(cluster, objects, manifest, timeoutMs, signal)
  }
  output.note('  waiting until a new pod is injected')
  await waitForInjection(cluster, timeoutMs, signal)
}
