import { INJECT_LABEL } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import { VERSION } from '../../common/version.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import { createObjects } from '../cluster/objects.ts'
import { checkVersion } from '../cluster/version.ts'
import type { CliDeps } from '../deps.ts'
import type { InstallFlags } from '../flags.ts'
import { chooseManifests } from './choose-manifests.ts'
import { findInstallation, type Installation } from './found.ts'
import { mergeOptions } from './options.ts'
import { previewChanges } from './preview.ts'
import { putInto, refuseConflicts, refuseOtherInstaller } from './put.ts'
import { noteChanges, printOutcome } from './report.ts'
import { untilNoneEnds } from './until-gone.ts'
import { untilStopped } from './until-stopped.ts'
import type { Output } from '../terminal/output.ts'

/**
 * Says what it will make, applies everything, then waits until it works.
 *
 * @returns false when it was stopped by a signal: what was applied stays, and running it again goes on from there.
 */
export async function install (flags: InstallFlags, deps: CliDeps): Promise<boolean> {
  const { output } = deps
  const cluster = openCluster(flags, deps)
  try {
    return await untilStopped('install', deps, async signal => {
      await installInto(cluster, flags, output, signal)
      if (flags.dryRun === true) output.note('Nothing was made: --dry-run.')
      else noteNext(output)
    })
  } finally {
    cluster.close()
  }
}

async function installInto (cluster: Cluster, flags: InstallFlags, output: Output, signal: AbortSignal): Promise<void> {
  const objects = createObjects(cluster)
  const { dryRun = false, forceConflicts: force = false, output: format } = flags
  const timeoutMs = flags.timeoutSeconds * 1000
  const kubernetes = await checkVersion(cluster)
  if (!dryRun) await untilNoneEnds({ objects, output, signal, timeoutMs })
  const found = await findInstallation(objects)
  refuseOtherInstaller(found, force)
  refuseOtherVersion(found)
  const options = mergeOptions(found?.options, flags)
  const place = `${cluster.server.origin} (context ${cluster.context}, Kubernetes ${kubernetes})`
  output.note(`${dryRun ? 'Would install' : 'Installing'} waylay ${VERSION} into ${place}`)
  const planned = await previewChanges(objects, await chooseManifests(options), force, signal)
  noteChanges(output, planned)
  refuseConflicts(planned)
  if (!dryRun) {
    const isOurVersion = options.webhookImage === undefined
    const { imagePullSecret, previewTlsSecret } = options
    const secrets = { imagePullSecret, previewTlsSecret }
    await putInto({ cluster, objects, output, signal, timeoutMs, force, isOurVersion, ...secrets }, planned)
  }
  printOutcome(output, format, {
    command: 'install',
    dryRun,
    context: cluster.context,
    server: cluster.server.origin,
    from: found?.version ?? null,
    to: dryRun ? found?.version ?? null : VERSION,
    objects: planned,
    restarts: []
  })
}

/** Two versions are the matter of `upgrade`, which looks how far they are apart and what is left over. */
function refuseOtherVersion (found: Installation | undefined): void {
  if (found?.version === undefined || found.version === VERSION) return
  throw new WaylayError('WAYLAY_INSTALLED', `waylay ${found.version} is installed here, and this program is ${VERSION}`)
}

function noteNext (output: Output): void {
  output.note('waylay is installed: new pods of labelled namespaces are injected.')
  output.note(`Next:  kubectl label namespace <namespace> ${INJECT_LABEL}=enabled && kubectl -n <namespace> rollout restart deployment`)
}
