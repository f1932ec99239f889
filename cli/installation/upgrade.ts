import { WaylayError } from '../../common/errors.ts'
import { VERSION } from '../../common/version.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import { createObjects } from '../cluster/objects.ts'
import { checkVersion } from '../cluster/version.ts'
import type { CliDeps } from '../deps.ts'
import type { UpgradeFlags } from '../flags.ts'
import { chooseManifests } from './choose-manifests.ts'
import type { PlannedChange } from './change.ts'
import { findInstallation, type Installation } from './found.ts'
import { mergeOptions, type InstallOptions } from './options.ts'
import { findStale } from './leftovers.ts'
import { previewChanges } from './preview.ts'
import { putInto, refuseConflicts, refuseOtherInstaller } from './put.ts'
import { noteChanges, printOutcome } from './report.ts'
import { describeRestarts, findRestarts } from './restarts.ts'
import { untilNoneEnds } from './until-gone.ts'
import { untilStopped } from './until-stopped.ts'
import type { Output } from '../terminal/output.ts'
import { skewOf } from '../version/version-skew.ts'

/**
 * Brings an installation to this program's version, keeping how it was set up.
 *
 * @returns false when it was stopped by a signal: running it again goes on from there.
 */
export async function upgrade (flags: UpgradeFlags, deps: CliDeps): Promise<boolean> {
  const cluster = openCluster(flags, deps)
  try {
    return await untilStopped('upgrade', deps, async signal => { await upgradeIn(cluster, flags, deps.output, signal) })
  } finally {
    cluster.close()
  }
}

async function upgradeIn (cluster: Cluster, flags: UpgradeFlags, output: Output, signal: AbortSignal): Promise<void> {
  const objects = createObjects(cluster)
  const { dryRun = false, forceConflicts: force = false } = flags
  const timeoutMs = flags.timeoutSeconds * 1000
  await checkVersion(cluster)
  if (!dryRun) await untilNoneEnds({ objects, output, signal, timeoutMs })
  const found = await findInstallation(objects)
  const from = readFrom(found, flags)
  refuseOtherInstaller(found, force)
  const options = readOptions(found?.options, flags)
  const place = `${cluster.server.origin} (context ${cluster.context})`
  output.note(`${dryRun ? 'Would upgrade' : 'Upgrading'} waylay ${from ?? 'of an unknown version'} -> ${VERSION} in ${place}`)
  const manifests = await chooseManifests(options)
  const planned = await previewChanges(objects, manifests, force, signal)
  const stale = (await findStale(objects, manifests))
    .map((manifest): PlannedChange => ({ manifest, change: 'remove', conflicts: [] }))
  noteChanges(output, [...planned, ...stale])
  refuseConflicts(planned)
  if (!dryRun) {
    const isOurVersion = options.webhookImage === undefined
    const { imagePullSecret, previewTlsSecret } = options
    const secrets = { imagePullSecret, previewTlsSecret }
    await putInto({ cluster, objects, output, signal, timeoutMs, force, isOurVersion, ...secrets }, planned)
    // Last: until the new version works, the old one may need them.
    for (const { manifest } of stale) await objects.remove(manifest)
  }
  const restarts = await findRestarts(cluster, output, version => version !== VERSION)
  noteEnd(output, dryRun, restarts)
  printOutcome(output, flags.output, {
    command: 'upgrade',
    dryRun,
    context: cluster.context,
    server: cluster.server.origin,
    from,
    to: dryRun ? from : VERSION,
    objects: [...planned, ...stale],
    restarts
  })
}

/** @throws {WaylayError} where nothing is installed, or a version too far from this one. */
function readFrom (found: Installation | undefined, { allowSkew = false }: UpgradeFlags): string | null {
  if (found === undefined) {
    throw new WaylayError('WAYLAY_NOT_INSTALLED', 'waylay is not installed in this cluster: there is nothing to upgrade')
  }
  const { version } = found
  if (version !== undefined && skewOf(version, VERSION) === 'far' && !allowSkew) {
    throw new WaylayError('WAYLAY_VERSION_SKEW', `waylay ${version} is installed, and this program is ${VERSION}: more than one minor version apart`)
  }
  return version ?? null
}

/** @throws {WaylayError} where the images were named in full: nobody else knows how they are called in this version. */
function readOptions (kept: InstallOptions | undefined, flags: UpgradeFlags): InstallOptions {
  const isNamed = flags.webhookImage !== undefined && flags.sidecarImage !== undefined
  if (isNamed) return mergeOptions(withoutPropagate(kept), flags)
  if (kept?.webhookImage === undefined || flags.imageRegistry !== undefined) return mergeOptions(kept, flags)
  throw new WaylayError('WAYLAY_USAGE', `The images were named in full: ${kept.webhookImage} and ${kept.sidecarImage}`, {
    hint: 'Name those of this version: --webhook-image, --sidecar-image and, where waylay.dev/propagate is used, ' +
      '--propagate-image; or --image-registry.'
  })
}

// That of the version before; whoever names the others and not this one has this version's.
function withoutPropagate ({ propagateImage: _, ...kept }: InstallOptions = {}): InstallOptions {
  return kept
}

function noteEnd (output: Output, dryRun: boolean, restarts: Parameters<typeof describeRestarts>[0]): void {
  output.note(dryRun ? 'Nothing was changed: --dry-run.' : `waylay ${VERSION} is installed.`)
  if (restarts.length === 0) return
  output.note('These run a sidecar of another version, and work on. Each gets the new one when it is restarted:')
  for (const line of describeRestarts(restarts)) output.note(line)
}
