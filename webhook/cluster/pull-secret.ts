import { readFile } from 'node:fs/promises'
import type { V1ObjectMeta, V1Secret } from '@kubernetes/client-node'
import { PULL_SECRET_NAME } from '../../common/contract.ts'
import type { Copies, DockerConfig, Written } from '../pull-secret/keeper.ts'
import { isStatus, type Cluster } from './client.ts'

const KEY = '.dockerconfigjson'
/** Where the Deployment mounts the Secret: no right to read it is needed, and the kubelet keeps it fresh. */
const FOLDER = '/run/waylay-pull-secret'

const LABELS = {
  'app.kubernetes.io/name': 'waylay',
  'app.kubernetes.io/component': 'pull-secret',
  // By which waylay uninstall finds it.
  'app.kubernetes.io/managed-by': 'waylay'
} as const

/** The Secret as it is mounted, base64; undefined where it is not there. */
export async function readPullSecret (folder = FOLDER): Promise<DockerConfig | undefined> {
  try {
    return (await readFile(`${folder}/${KEY}`)).toString('base64')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Copies in the cluster. */
export function pullSecretCopies ({ core }: Cluster): Copies {
  const name = PULL_SECRET_NAME
  return {
    read: async namespace => {
      try {
        const { data, metadata } = await core.readNamespacedSecret({ namespace, name })
        return {
          config: data?.[KEY],
          isOurs: metadata?.labels?.['app.kubernetes.io/managed-by'] === 'waylay',
          version: metadata?.resourceVersion ?? '',
          writtenMs: writtenMs(metadata)
        }
      } catch (error) {
        if (isStatus(error, 404)) return undefined
        if (isStatus(error, 403)) return 'forbidden'
        throw error
      }
    },
    create: async (namespace, config) => await outcomeOf(async () =>
      await core.createNamespacedSecret({ namespace, body: secretOf(config) })),
    replace: async (namespace, config, { version }) => await outcomeOf(async () =>
      await core.replaceNamespacedSecret({ namespace, name, body: secretOf(config, version) }))
  }
}

/** When an object was last written, as the API server keeps it for each writer. */
export function writtenMs ({ creationTimestamp, managedFields = [] }: V1ObjectMeta = {}): number {
  return Math.max(0, ...[creationTimestamp, ...managedFields.map(({ time }) => time)].map(time => time?.getTime() ?? 0))
}

function secretOf (config: DockerConfig, resourceVersion?: string): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { name: PULL_SECRET_NAME, labels: LABELS, ...(resourceVersion !== undefined && { resourceVersion }) },
    data: { [KEY]: config }
  }
}

async function outcomeOf (write: () => Promise<unknown>): Promise<Written> {
  try {
    await write()
    return 'done'
  } catch (error) {
    if (isStatus(error, 409)) return 'changed'
    if (isStatus(error, 403)) return 'forbidden'
    throw error
  }
}
