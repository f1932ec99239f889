import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { apply, kubectl } from './kube.ts'

/** Makes somebody who may nothing in the cluster: a service account. Returns the path of their kubeconfig. */
export async function makeStranger (t: ExecutionContext, namespace: string, name: string): Promise<string> {
  await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })
  const token = (await kubectl(['-n', namespace, 'create', 'token', name])).trim()
  const view = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json'])) as {
    clusters: { cluster: { server: string, 'certificate-authority-data'?: string, 'certificate-authority'?: string } }[]
  }
  const cluster = view.clusters[0]?.cluster
  if (cluster === undefined) throw new Error('The administrator\'s kubeconfig names no cluster')
  return writeKubeconfigOf(t, cluster.server, token, cluster)
}

/** Makes somebody with the ClusterRole `waylay-developer` in one namespace. Returns the path of their kubeconfig. */
export async function makeDeveloper (t: ExecutionContext, namespace: string, name: string): Promise<string> {
  return await makeHolder(t, namespace, name, 'waylay-developer')
}

/** Makes a job's account with the ClusterRole `waylay-environments` in one namespace. Returns its kubeconfig's path. */
export async function makeJob (t: ExecutionContext, namespace: string, name: string): Promise<string> {
  return await makeHolder(t, namespace, name, 'waylay-environments')
}

async function makeHolder (t: ExecutionContext, namespace: string, name: string, role: string): Promise<string> {
  const kubeconfig = await makeStranger(t, namespace, name)
  await kubectl(['-n', namespace, 'create', 'rolebinding', name, `--clusterrole=${role}`, `--serviceaccount=${namespace}:${name}`])
  return kubeconfig
}

/** Writes the kubeconfig of whoever has a token. Returns its path; removed with the test. */
export function writeKubeconfigOf (t: ExecutionContext, server: string, token: string, cluster: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'waylay-e2e-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'config')
  writeFileSync(path, JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { ...cluster, server } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }]
  }))
  return path
}
