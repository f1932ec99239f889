import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import type { Preview } from '../../../intercepts/preview.ts'
import { whoAmI } from '../../cluster/intercepts.ts'
import { openCluster } from '../../cluster/kubeconfig.ts'
import type { CliDeps } from '../../deps.ts'
import type { PreviewRevokeFlags } from '../../flags.ts'
import { showText } from '../../terminal/show-text.ts'
import { findVisible } from '../../cluster/visible-intercepts.ts'
import { changePreviews, type ChangeDeps } from './change-previews.ts'
import { linksOf, nameIn, type SharedLink } from './link.ts'
import { depsOf } from './share.ts'

/**
 * Takes a link away, or all of the caller's. Somebody else's, by its name, where the webhook lets the caller.
 *
 * @param wanted name, host or URL of it.
 * @throws {WaylayError} `WAYLAY_PREVIEW_UNKNOWN` when there is none.
 */
export async function revokeLinks (
  wanted: string | undefined, flags: PreviewRevokeFlags, deps: CliDeps
): Promise<void> {
  const { all = false, allNamespaces = false } = flags
  if ((wanted === undefined) !== all) {
    throw new WaylayError('WAYLAY_USAGE', 'Name a link, or give --all, not both',
      { hint: 'waylay preview revoke <name>, or: waylay preview revoke --all' })
  }
  const cluster = openCluster(flags, deps)
  try {
    const [{ intercepts, note }, me] = await Promise.all([
      findVisible(cluster, allNamespaces ? undefined : cluster.namespace), whoAmI(cluster)
    ])
    if (note !== undefined) deps.output.note(note)
    const links = linksOf(intercepts)
    const chosen = wanted === undefined
      ? links.filter(({ intercept }) => intercept.spec.owner === me)
      : links.filter(({ preview }) => preview.name === nameIn(wanted))
    if (chosen.length === 0) throw unknown(wanted, allNamespaces ? 'any namespace you may see' : cluster.namespace)
    await revokeEach(chosen, depsOf(cluster), deps)
  } finally {
    cluster.close()
  }
}

/** Each of them, though one cannot be had: who takes links away wants no other left open for it. */
async function revokeEach (links: readonly SharedLink[], change: ChangeDeps, { output }: CliDeps): Promise<void> {
  const failures: unknown[] = []
  for (const link of links) {
    const without = (previews: readonly Preview[]) => previews.filter(({ name }) => name !== link.preview.name)
    try {
      await changePreviews(link.intercept, without, change)
      output.result(`Revoked ${describe(link)}`)
    } catch (error) {
      failures.push(error)
      output.note(`Not revoked: ${describe(link)}: ${toWaylayError(error).message}`)
    }
  }
  if (failures.length > 0) throw failures[0]
}

function describe ({ intercept: { metadata: { namespace } }, preview: { name, service, port } }: SharedLink): string {
  return showText(`${name}: ${namespace}/${service} port ${port}`)
}

// Not as it was given: it may hold what opens it.
function unknown (wanted: string | undefined, where: string): WaylayError {
  const what = wanted === undefined ? 'shared preview of yours' : `shared preview ${showText(nameIn(wanted))}`
  return new WaylayError('WAYLAY_PREVIEW_UNKNOWN', `There is no ${what} in ${where}`)
}
