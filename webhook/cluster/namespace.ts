import type { NamespaceFacts } from '../admission/deps.ts'
import type { Cluster } from './client.ts'

/** Reads what a namespace says. */
export async function readNamespace ({ core }: Cluster, name: string): Promise<NamespaceFacts> {
  const { metadata } = await core.readNamespace({ name })
  return {
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
    isTerminating: metadata?.deletionTimestamp !== undefined
  }
}
