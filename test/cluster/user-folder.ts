import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where a cluster that needs no root keeps its kubeconfig while it is up. */
export function userFolder (kind: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'waylay', 'test-cluster', kind)
}
