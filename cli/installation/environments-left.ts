import { toWaylayError } from '../../common/errors.ts'
import { listEnvironments } from '../cluster/environments.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { showText } from '../terminal/show-text.ts'

/** As many are named. */
const SHOWN = 5

/**
 * Names the environments that go with their CustomResourceDefinition, with their copies: whoever uses one finds the
 * original's answers instead, and nobody told them. Undefined where there is none, or they may not be seen.
 */
export async function tellOfEnvironments (cluster: Cluster, dryRun: boolean): Promise<string | undefined> {
  const names = await findNames(cluster)
  if (names.length === 0) return undefined
  const shown = names.slice(0, SHOWN).map(showText).join(', ')
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  const goes = dryRun ? 'would go' : 'goes'
  return `With it ${goes} every environment and what it is made of: ${shown}${more}.`
}

async function findNames (cluster: Cluster): Promise<readonly string[]> {
  try {
    const all = await listEnvironments(cluster, undefined)
    return all.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`).sort()
  } catch (error) {
    const { code } = toWaylayError(error)
    if (code === 'WAYLAY_FORBIDDEN' || code === 'WAYLAY_NOT_INSTALLED') return []
    throw error
  }
}
