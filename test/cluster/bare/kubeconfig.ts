import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apiPort, inState, ipv4 } from './plan.ts'

/** Who gets a kubeconfig; `admin` is the one for people and tests. */
export const kubeconfigUsers = ['admin', 'controller-manager', 'scheduler', 'kubelet', 'kube-proxy', 'coredns'] as const

/** Where a user's kubeconfig lies. */
export function kubeconfigPath (user: typeof kubeconfigUsers[number]): string {
  return inState(`${user}.kubeconfig`)
}

/** Writes all kubeconfigs. They carry their keys inside, so that a copy of the file works too. */
export async function writeKubeconfigs (keysFolder: string): Promise<void> {
  const [ca, ...pairs] = await Promise.all([
    readFile(join(keysFolder, 'ca.crt')),
    ...kubeconfigUsers.map(async user => await Promise.all([
      readFile(join(keysFolder, `${user}.crt`)), readFile(join(keysFolder, `${user}.key`))
    ]))
  ])
  await Promise.all(kubeconfigUsers.map(async (user, at) => {
    const [certificate, key] = pairs[at] ?? []
    if (!certificate || !key) throw new Error(`No keys were made for ${user}`)
    await writeFile(kubeconfigPath(user), JSON.stringify(kubeconfig(user, ca, certificate, key), undefined, 2))
    await chmod(kubeconfigPath(user), 0o600)
  }))
}

/** A kubeconfig as data; JSON is YAML too. */
export function kubeconfig (user: string, ca: Buffer, certificate: Buffer, key: Buffer): object {
  const name = 'waylay-test'
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user } }],
    clusters: [{
      name,
      cluster: {
        server: `https://${ipv4.node}:${apiPort}`,
        'certificate-authority-data': ca.toString('base64')
      }
    }],
    users: [{
      name: user,
      user: { 'client-certificate-data': certificate.toString('base64'), 'client-key-data': key.toString('base64') }
    }]
  }
}
