import type { NamespaceFacts } from '../admission/deps.ts'
import type { Cluster } from './client.ts'

/** What of a Namespace (core/v1) we read. */
export type NamespaceObject = {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string | Date
  }
}

// Tools write whole objects into these; nobody here reads them.
const FOREIGN_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'

/** Reads what a namespace says. */
export async function readNamespace ({ core }: Cluster, name: string): Promise<NamespaceFacts> {
  return readNamespaceFacts(await core.readNamespace({ name }))
}

export function readNamespaceFacts ({ metadata = {} }: NamespaceObject): NamespaceFacts {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key !== FOREIGN_ANNOTATION)
  return {
    labels: metadata.labels ?? {},
    annotations: Object.fromEntries(annotations),
    isTerminating: metadata.deletionTimestamp !== undefined
  }
}
