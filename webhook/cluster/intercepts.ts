import { INTERCEPTS_PLURAL } from '../../common/contract.ts'
import type { Intercept } from '../../intercepts/object.ts'
import type { Cluster } from './client.ts'
import { listOwn, removeOwn } from './own-objects.ts'

/** Every Intercept of the cluster, page by page. */
export function listIntercepts (cluster: Cluster): AsyncGenerator<readonly Intercept[]> {
  return listOwn<Intercept>(cluster, INTERCEPTS_PLURAL)
}

/** Deletes an Intercept as long as it is the very version that was read. False when it is another by now, or gone. */
export async function removeIntercept (cluster: Cluster, { metadata }: Intercept): Promise<boolean> {
  return await removeOwn(cluster, INTERCEPTS_PLURAL, metadata)
}
