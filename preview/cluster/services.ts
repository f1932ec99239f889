import { ApiException, CoreV1Api } from '@kubernetes/client-node'
import type { ServiceObject } from '../destination.ts'
import type { Cluster } from './client.ts'

/** Reads a Service; undefined where there is none. */
export function serviceReader (
  { configuration }: Cluster
): (namespace: string, name: string) => Promise<ServiceObject | undefined> {
  const core = new CoreV1Api(configuration)
  return async (namespace, name) => {
    try {
      return await core.readNamespacedService({ namespace, name })
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined
      throw error
    }
  }
}
