import type { Intercept } from '../../intercepts/object.ts'
import { listIntercepts } from './intercepts.ts'
import type { Cluster } from './kubeconfig.ts'
import { listVisible } from './visible.ts'

/** The intercepts that somebody may see. */
export type Visible = {
  readonly intercepts: readonly Intercept[]
  /** What is missing, where not everything could be seen. */
  readonly note?: string
}

/**
 * Lists the intercepts of one namespace, or of all that the user may see.
 *
 * @param namespace undefined: all.
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` when the user may see none.
 */
export async function findVisible (cluster: Cluster, namespace: string | undefined): Promise<Visible> {
  if (namespace !== undefined) return { intercepts: await listIntercepts(cluster, namespace) }
  const { items, ...rest } = await listVisible(cluster, 'intercepts', async name => await listIntercepts(cluster, name))
  return { intercepts: items, ...rest }
}
