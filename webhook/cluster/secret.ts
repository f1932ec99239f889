import type { V1Secret } from '@kubernetes/client-node'
import { WaylayError } from '../../common/errors.ts'
import type { SecretEntries } from '../certificates/entries.ts'
import type { KeyStore } from '../certificates/secret.ts'
import { isStatus, unlessConflict, type Cluster } from './client.ts'

/** Keeps the webhook's keys in one Secret. */
export function secretStore (cluster: Cluster, namespace: string, name: string): KeyStore {
  const { core } = cluster
  return {
    read: async () => {
      const secret = await readSecret(cluster, namespace, name)
      if (secret === undefined) return undefined
      return {
        entries: decode(secret.data ?? {}),
        annotations: secret.metadata?.annotations ?? {},
        // With the version that was read, so a write in between is a conflict.
        replace: async (entries, annotations) => await unlessConflict(() => core.replaceNamespacedSecret({
          namespace, name, body: { ...secret, metadata: { ...secret.metadata, annotations }, data: encode(entries) }
        }))
      }
    },
    create: async entries => await unlessConflict(() =>
      core.createNamespacedSecret({ namespace, body: newSecret(name, entries) }))
  }
}

/**
 * The entries of the Secret that an administrator names, as text; undefined when it is not there.
 *
 * @throws {WaylayError} `WAYLAY_CERTIFICATE_SUPPLIED` where we may not read it.
 */
export async function readSuppliedEntries (
  cluster: Cluster, namespace: string, name: string
): Promise<SecretEntries | undefined> {
  try {
    const secret = await readSecret(cluster, namespace, name)
    return secret === undefined ? undefined : decode(secret.data ?? {})
  } catch (error) {
    if (!isStatus(error, 403)) throw error
    throw new WaylayError('WAYLAY_CERTIFICATE_SUPPLIED', `The webhook may not read the Secret ${name}`, {
      cause: error, hint: 'Grant "get", "list" and "watch" on it, as manifests/examples/supplied-certificate/rbac.yaml does.'
    })
  }
}

async function readSecret ({ core }: Cluster, namespace: string, name: string): Promise<V1Secret | undefined> {
  try {
    return await core.readNamespacedSecret({ namespace, name })
  } catch (error) {
    if (isStatus(error, 404)) return undefined
    throw error
  }
}

function newSecret (name: string, entries: SecretEntries): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name, labels: { 'app.kubernetes.io/name': 'waylay', 'app.kubernetes.io/component': 'webhook' } },
    data: encode(entries)
  }
}

function encode (entries: SecretEntries): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))
}

function decode (data: Readonly<Record<string, string>>): SecretEntries {
  return Object.fromEntries(Object.entries(data).map(([key, base64]) => [key, Buffer.from(base64, 'base64').toString()]))
}
