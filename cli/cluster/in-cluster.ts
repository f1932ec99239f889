import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Kubeconfig, Place } from './kubeconfig-file.ts'

/** Where the kubelet puts what a pod may use of its service account. */
const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

/** What its context is called. */
export const IN_CLUSTER = 'in-cluster'

/** The kubeconfig that a pod has without having one; undefined outside of pods. */
export function inClusterConfig ({ env }: Place, folder = ACCOUNT_FOLDER): Kubeconfig | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  const tokenFile = path.join(folder, 'token')
  if (!host || !port || !existsSync(tokenFile)) return undefined
  return {
    currentContext: IN_CLUSTER,
    contexts: new Map([[IN_CLUSTER, { cluster: IN_CLUSTER, user: IN_CLUSTER, namespace: readNamespace(folder) }]]),
    clusters: new Map([[IN_CLUSTER, {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      'certificate-authority': path.join(folder, 'ca.crt')
    }]]),
    // Read again at each use: the kubelet replaces it long before it runs out.
    users: new Map([[IN_CLUSTER, { tokenFile }]])
  }
}

function readNamespace (folder: string): string {
  try {
    return readFileSync(path.join(folder, 'namespace'), 'utf8').trim() || 'default'
  } catch {
    return 'default'
  }
}
