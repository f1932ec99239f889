import type { Environment } from '../../environments/object.ts'
import { listEnvironments } from './environments.ts'
import type { Cluster } from './kubeconfig.ts'
import { listVisible } from './visible.ts'

/** The environments that somebody may see. */
export type VisibleEnvironments = {
  readonly environments: readonly Environment[]
  /** What is missing, where not everything could be seen. */
  readonly note?: string
}

/**
 * Lists the environments of one namespace, or of all that the user may see.
 *
 * @param namespace undefined: all.
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` when the user may see none.
 */
export async function findVisibleEnvironments (
  cluster: Cluster, namespace: string | undefined
): Promise<VisibleEnvironments> {
  if (namespace !== undefined) return { environments: await listEnvironments(cluster, namespace) }
  const { items, ...rest } = await listVisible(cluster, 'environments', async name => await listEnvironments(cluster, name))
  return { environments: items, ...rest }
}
