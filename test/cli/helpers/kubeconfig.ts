import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'

/** Writes a kubeconfig with one context, `test`, and namespace `shop`. Returns its path. */
export async function writeKubeconfig (t: ExecutionContext, server: string): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'waylay-kubeconfig-'))
  t.teardown(async () => { await rm(dir, { recursive: true }) })
  const file = path.join(dir, 'config')
  await writeFile(file, JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'maria', user: { token: 'secret-token' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'maria', namespace: 'shop' } }],
    'current-context': 'test'
  }))
  return file
}
