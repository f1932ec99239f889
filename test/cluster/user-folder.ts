import { rm, rmdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Where a cluster that needs no root keeps its kubeconfig while it is up. */
export function userFolder (kind: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'waylay', 'test-cluster', kind)
}

/** Removes it, and the folders above it that hold nothing else. */
export async function removeUserFolder (kind: string): Promise<void> {
  const folder = userFolder(kind)
  await rm(folder, { recursive: true, force: true })
  for (const above of [dirname(folder), dirname(dirname(folder))]) await rmdir(above).catch(() => {})
}
