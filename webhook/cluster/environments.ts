import { ENVIRONMENTS_PLURAL } from '../../common/contract.ts'
import type { Environment } from '../../environments/object.ts'
import { isStatus, type Cluster } from './client.ts'
import { listOwn, removeOwn } from './own-objects.ts'

/** Every one there is. None where the cluster does not know the kind: its CustomResourceDefinition was left out. */
export async function * listAllEnvironments (cluster: Cluster): AsyncGenerator<readonly Environment[]> {
  try {
    yield * listOwn<Environment>(cluster, ENVIRONMENTS_PLURAL)
  } catch (error) {
    if (!isStatus(error, 404)) throw error
  }
}

/** All of one namespace. */
export async function environmentsOf (cluster: Cluster, namespace: string): Promise<readonly Environment[]> {
  const all: Environment[] = []
  for await (const page of listOwn<Environment>(cluster, ENVIRONMENTS_PLURAL, namespace)) all.push(...page)
  return all
}

/**
 * Deletes an Environment, and nothing else: what it owns is the garbage collector's. As long as it is the very version
 * that was read; false when it is another by now, or gone.
 */
export async function removeEnvironment (cluster: Cluster, { metadata }: Environment): Promise<boolean> {
  return await removeOwn(cluster, ENVIRONMENTS_PLURAL, metadata)
}
