import { INJECT_LABEL } from '../common/contract.ts'
import { openCluster } from './cluster/kubeconfig.ts'
import { createObjects } from './cluster/objects.ts'
import { waitForInjection } from './cluster/probe-injection.ts'
import { checkVersion } from './cluster/version.ts'
import { waitForDeployment } from './cluster/wait-deployment.ts'
import type { CliDeps } from './deps.ts'
import type { InstallFlags } from './install-command.ts'
import { inOrderOfCreation, readManifests } from './manifests.ts'
import { chooseImages } from './manifest-images.ts'

/** Applies everything, then waits until it works. */
export async function install (flags: InstallFlags, { output }: CliDeps): Promise<void> {
  const cluster = openCluster(flags)
  try {
    const [version, manifests] = await Promise.all([checkVersion(cluster), readManifests()])
    output.note(`Installing into ${cluster.server.origin} (context ${cluster.context}, Kubernetes ${version})`)
    const chosen = inOrderOfCreation(manifests).map(manifest => chooseImages(manifest, flags))
    const objects = createObjects(cluster)
    for (const manifest of chosen) {
      await objects.apply(manifest)
      output.note(`  applied ${manifest.kind} ${manifest.metadata.name}`)
    }
    const timeoutMs = flags.timeoutSeconds * 1000
    for (const manifest of chosen.filter(({ kind }) => kind === 'Deployment')) {
      output.note(`  waiting for ${manifest.kind} ${manifest.metadata.name}`)
      await waitForDeployment(cluster, objects, manifest, timeoutMs)
    }
    output.note('  waiting until a new pod is injected')
    await waitForInjection(cluster, timeoutMs)
    output.note('waylay is installed: new pods of labelled namespaces are injected.')
    output.note(`Next:  kubectl label namespace <namespace> ${INJECT_LABEL}=enabled && kubectl -n <namespace> rollout restart deployment`)
  } finally {
    cluster.close()
  }
}
