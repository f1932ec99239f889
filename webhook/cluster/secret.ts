import type { V1Secret } from '@kubernetes/client-node'
import type { KeyStore, SecretEntries } from '../certificates/secret.ts'
import { isStatus, type Cluster } from './client.ts'

/** Keeps the webhook's keys in one Secret. */
export function secretStore ({ core }: Cluster, namespace: string, name: string): KeyStore {
  return {
    read: async () => {
      try {
        const secret = await core.readNamespacedSecret({ namespace, name })
        return { entries: decode(secret.data ?? {}), version: secret.metadata?.resourceVersion ?? '' }
      } catch (error) {
        if (isStatus(error, 404)) return undefined
        throw error
      }
    },
    create: async entries => await unlessConflict(() =>
      core.createNamespacedSecret({ namespace, body: writeSecret(name, entries) })),
    replace: async (entries, version) => await unlessConflict(() =>
      core.replaceNamespacedSecret({ namespace, name, body: writeSecret(name, entries, version) }))
  }
}

function writeSecret (name: string, entries: SecretEntries, resourceVersion?: string): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name,
      labels: { 'app.kubernetes.io/name': 'waylay', 'app.kubernetes.io/component': 'webhook' },
      ...(resourceVersion !== undefined && { resourceVersion })
    },
    data: Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))
  }
}

function decode (data: Readonly<Record<string, string>>): SecretEntries {
  return Object.fromEntries(Object.entries(data).map(([key, base64]) => [key, Buffer.from(base64, 'base64').toString()]))
}

async function unlessConflict (write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    // 404: it was deleted between our read and our write. Either way: read again.
    if (isStatus(error, 409) || isStatus(error, 404)) return false
    throw error
  }
}
