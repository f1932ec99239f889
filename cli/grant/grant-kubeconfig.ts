import { readFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { WaylayError } from '../../common/errors.ts'
import type { Grant } from '../cluster/grants.ts'
import type { ServerEntry } from '../cluster/server-entry.ts'

/** The kubeconfig that is handed over: one cluster, one user, one context, nothing of the administrator's. */
export function grantKubeconfig ({ account, namespace }: Grant, cluster: ServerEntry, token: string) {
  const name = `${account}@${namespace}`
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }]
  }
}

export function writeYaml (kubeconfig: object): string {
  return stringify(kubeconfig, { lineWidth: 0 })
}

/**
 * `--out` may write over an earlier grant, but not over the administrator's own kubeconfig.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`
 */
export async function checkOut (file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new WaylayError('WAYLAY_USAGE', `Cannot write ${file}: ${(error as Error).message}`, { cause: error, hint: OUT_HINT })
  })
  if (text === undefined || /^current-context: waylay-grant-/m.test(text)) return
  throw new WaylayError('WAYLAY_USAGE', `Cannot write ${file}: it is there, and no kubeconfig of a grant`, { hint: OUT_HINT })
}

export const OUT_HINT = 'Name a file that is not there yet: --out maria.kubeconfig'
