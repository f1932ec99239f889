import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Kubeconfig, Place } from './kubeconfig-file.ts'

/** Where the kubelet puts what a pod may use of its service account. */
const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

const NAME = 'in-cluster'

/** The kubeconfig that a pod has without having one; undefined outside of pods. */
export function inClusterConfig ({ env }: Place, folder = ACCOUNT_FOLDER): Kubeconfig | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  const tokenFile = path.join(folder, 'token')
  if (!host || !port || !existsSync(tokenFile)) return undefined
  return {
    currentContext: NAME,
    contexts: new Map([[NAME, { cluster: NAME, user: NAME, namespace: readNamespace(folder) }]]),
    clusters: new Map([[NAME, {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      'certificate-authority': path.join(folder, 'ca.crt')
    }]]),
    // Read again at each use: the kubelet replaces it long before it runs out.
    users: new Map([[NAME, { tokenFile }]])
  }
}

function readNamespace (folder: string): string {
  try {
    return readFileSync(path.join(folder, 'namespace'), 'utf8').trim() || 'default'
  } catch {
    return 'default'
  }
}
