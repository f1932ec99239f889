import { openCluster } from '../cluster/kubeconfig.ts'
import { createObjects, type Objects } from '../cluster/objects.ts'
import type { CliDeps } from '../deps.ts'
import type { UninstallFlags } from '../flags.ts'
import { keyOf, type PlannedChange } from './change.ts'
import { chooseManifests } from './choose-manifests.ts'
import { describeInstaller, findInstallation, type Installation } from './found.ts'
import { tellOfEnvironments } from './environments-left.ts'
import { findOthers } from './leftovers.ts'
import { noteChanges, printOutcome } from './report.ts'
import { describeRestarts, findRestarts, type Restart } from './restarts.ts'
import { untilGone } from './until-gone.ts'
import { inOrderOfRemoval, type Manifest } from '../manifests.ts'
import type { Output } from '../terminal/output.ts'

// A namespace with a running pod in it takes as long as the pod's grace period, 30 s.
const NAMESPACE_TIMEOUT_MS = 60_000

/** Removes everything; the webhook configuration first, so that nothing waits for a webhook that is gone. */
export async function uninstall (flags: UninstallFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const cluster = openCluster(flags, deps)
  try {
    const objects = createObjects(cluster)
    const found = await findInstallation(objects)
    const dryRun = flags.dryRun === true
    const environments = await tellOfEnvironments(cluster, dryRun)
    const removed = await removeAll(objects, output, dryRun)
    const restarts = await findRestarts(cluster, output)
    noteEnd(output, { dryRun, removed, environments, restarts, found })
    const from = found?.version ?? null
    printOutcome(output, flags.output, {
      command: 'uninstall',
      dryRun,
      context: cluster.context,
      server: cluster.server.origin,
      from,
      to: dryRun ? from : null,
      objects: removed,
      restarts
    })
  } finally {
    cluster.close()
  }
}

async function removeAll (objects: Objects, output: Output, dryRun: boolean): Promise<readonly PlannedChange[]> {
  // With everything that some installation may have.
  const manifests = await chooseManifests({ imagePullSecret: 'any' })
  const others = await findOthers(objects, manifests)
  const removed: PlannedChange[] = []
  const remove = async (manifest: Manifest): Promise<void> => {
    if (!await objects.remove(manifest, { dryRun })) return
    const change = { manifest, change: 'remove', conflicts: [] } as const
    removed.push(change)
    noteChanges(output, [change])
  }
  for (const manifest of inOrderOfRemoval([...manifests, ...others])) await remove(manifest)
  if (dryRun) return removed
  // Until it was gone the webhook may have copied a pull secret into one more namespace.
  const isRemoved = new Set(removed.map(({ manifest }) => keyOf(manifest)))
  const late = await findOthers(objects, manifests)
  for (const manifest of late.filter(other => !isRemoved.has(keyOf(other)))) await remove(manifest)
  for (const { manifest } of removed.filter(({ manifest }) => manifest.kind === 'Namespace')) {
    if (await untilGone(objects, manifest, NAMESPACE_TIMEOUT_MS)) continue
    output.note(`${manifest.kind} ${manifest.metadata.name} is still being removed by the cluster.`)
  }
  return removed
}

type End = {
  readonly dryRun: boolean
  readonly removed: readonly PlannedChange[]
  readonly environments: string | undefined
  readonly restarts: readonly Restart[]
  readonly found: Installation | undefined
}

function noteEnd (output: Output, { dryRun, removed, environments, restarts, found }: End): void {
  if (removed.length === 0) output.note('waylay was not installed: nothing to remove.')
  else output.note(dryRun ? 'Nothing was removed: --dry-run.' : 'waylay is removed.')
  if (environments !== undefined) output.note(environments)
  if (found?.installer !== undefined) {
    const { by } = describeInstaller(found.installer)
    output.note(found.installer.kind === 'helm'
      ? `It was installed by ${by}, which remembers that: helm uninstall ${found.installer.release} --namespace ${found.installer.namespace}`
      : `It was installed by ${by}. Whoever applies it again by itself must be told.`)
  }
  if (restarts.length === 0) return
  output.note('Still injected: these work on, and lose the sidecar when they are restarted:')
  for (const line of describeRestarts(restarts)) output.note(line)
}
