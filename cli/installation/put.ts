import { SYSTEM_NAMESPACE } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import { VERSION } from '../../common/version.ts'
import { getConfigObject } from '../cluster/config-objects.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { FieldConflict, Objects } from '../cluster/objects.ts'
import { waitForInjection } from '../cluster/probe-injection.ts'
import { waitForDeployment } from '../cluster/wait-deployment.ts'
import type { Output } from '../terminal/output.ts'
import { nameOf, type PlannedChange } from './change.ts'
import { describeInstaller, type Installation } from './found.ts'

/** What putting an installation into a cluster needs. */
export type PutDeps = {
  readonly cluster: Cluster
  readonly objects: Objects
  readonly output: Output
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Take fields that others hold. */
  readonly force: boolean
  readonly imagePullSecret?: string | undefined
  readonly previewTlsSecret?: string | undefined
  /** Whether the webhook is known to be of this program's version: not where its image was named in full. */
  readonly isOurVersion: boolean
}

/** Applies what was planned, waits until it runs, and until a new pod is really injected by it. */
export async function putInto (deps: PutDeps, planned: readonly PlannedChange[]): Promise<void> {
  const { cluster, objects, output, signal, timeoutMs, force } = deps
  const applied = planned.filter(({ change }) => change !== 'omit')
  for (const { manifest } of applied) {
    signal.throwIfAborted()
    const answer = await objects.apply(manifest, { force })
    if (answer.kind === 'conflict') throw conflictError([{ manifest, change: 'change', conflicts: answer.conflicts }])
  }
  output.note(`  applied ${applied.length} objects`)
  const { imagePullSecret, previewTlsSecret } = deps
  if (imagePullSecret !== undefined) {
    await noteSecret(deps, imagePullSecret, 'pods come without waylay', 'docker-registry')
  }
  if (previewTlsSecret !== undefined) {
    await noteSecret(deps, previewTlsSecret, 'the preview gateway does not start', 'tls')
  }
  for (const { manifest } of applied.filter(({ manifest }) => manifest.kind === 'Deployment')) {
    output.note(`  waiting for ${nameOf(manifest)}`)
    await waitForDeployment(cluster, objects, manifest, timeoutMs, signal)
  }
  output.note('  waiting until a new pod is injected')
  const note = await waitForInjection(cluster, { timeoutMs, signal, ...(deps.isOurVersion && { version: VERSION }) })
  if (note !== undefined) output.note(`  but: ${note}`)
}

/** What `kubectl create secret` wants of each kind. */
const SECRET_FLAGS = {
  'docker-registry': '--docker-server=<registry> --docker-username=<user> --docker-password=<password>',
  tls: '--cert=<file> --key=<file>'
} as const

/** What is applied may come before the Secret, so it is no failure. @param harm what is so until it is there. */
async function noteSecret (
  { cluster, output }: PutDeps, name: string, harm: string, kind: keyof typeof SECRET_FLAGS
): Promise<void> {
  // Who may not read Secrets cannot be told.
  const isThere = await getConfigObject(cluster, 'Secret', SYSTEM_NAMESPACE, name)
    .then(found => found !== undefined, () => true)
  if (isThere) return
  output.note(`  ${SYSTEM_NAMESPACE} has no Secret "${name}": ${harm} until it is there`)
  output.note(`    Make it:  kubectl -n ${SYSTEM_NAMESPACE} create secret ${kind} ${name} ${SECRET_FLAGS[kind]}`)
}

/** @throws {WaylayError} `WAYLAY_INSTALL_CONFLICT` naming every field that somebody else holds. */
export function refuseConflicts (planned: readonly PlannedChange[]): void {
  const conflicting = planned.filter(({ conflicts }) => conflicts.length > 0)
  if (conflicting.length > 0) throw conflictError(conflicting)
}

function conflictError (conflicting: readonly PlannedChange[]): WaylayError {
  const fields = conflicting.flatMap(({ manifest, conflicts }) =>
    conflicts.map(conflict => describeConflict(nameOf(manifest), conflict)))
  return new WaylayError('WAYLAY_INSTALL_CONFLICT', `Others have changed what waylay would write: ${fields.join('; ')}`)
}

function describeConflict (object: string, { manager, field }: FieldConflict): string {
  return `${field} of ${object} is held by "${manager}"`
}

/** @throws {WaylayError} `WAYLAY_INSTALL_CONFLICT` where somebody else than `waylay install` put it there. */
export function refuseOtherInstaller (found: Installation | undefined, force: boolean): void {
  if (found?.installer === undefined || force) return
  const { by, update } = describeInstaller(found.installer)
  throw new WaylayError('WAYLAY_INSTALL_CONFLICT', `waylay ${found.version ?? ''} was installed here by ${by}`, {
    hint: `Go on by the same means (${update}), or take it over: --force-conflicts`
  })
}
