import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from './run.ts'

/** Which cluster the tests run on. */
export type ClusterChoice =
  | { readonly kind: 'bare' }
  | { readonly kind: 'kind' }
  | { readonly kind: 'existing', readonly kubeconfigPath: string, readonly context: string | undefined }

/** What the choice looks at, so that tests can say it instead of owning a Docker engine. */
export type ChooseDeps = {
  readonly wish: string | undefined
  readonly platform: NodeJS.Platform
  readonly dockerAnswers: () => Promise<boolean>
  readonly hasKind: () => Promise<boolean>
}

const machine: ChooseDeps = {
  wish: process.env['WAYLAY_CLUSTER'],
  platform: process.platform,
  dockerAnswers,
  hasKind: async () => await findProgram('kind') !== undefined
}

/** The one place that decides: WAYLAY_CLUSTER if set, else kind where a Docker engine answers, else bare. */
export async function chooseCluster (deps: ChooseDeps = machine): Promise<ClusterChoice> {
  if (deps.wish !== undefined && deps.wish !== '') return parseWish(deps.wish)
  const docker = await deps.dockerAnswers()
  if (docker && await deps.hasKind()) return { kind: 'kind' }
  if (deps.platform === 'linux') return { kind: 'bare' }
  const missing = docker ? 'Docker answers, but there is no "kind" on PATH' : 'no Docker engine answers'
  throw new Error(`No cluster to test on: ${missing}, and a bare cluster needs Linux (this is ${deps.platform}). ` +
    'Start Docker and install kind (https://kind.sigs.k8s.io), or name a cluster of yours: ' +
    'WAYLAY_CLUSTER=existing:/path/to/kubeconfig#context')
}

/** Reads the value of WAYLAY_CLUSTER. An existing cluster is used only when it is named: tests write into it. */
export function parseWish (wish: string): ClusterChoice {
  if (wish === 'bare' || wish === 'kind') return { kind: wish }
  const named = /^existing:([^#]+)(?:#(.+))?$/.exec(wish)
  if (named?.[1] === undefined) {
    throw new Error(`WAYLAY_CLUSTER=${wish} means nothing here. ` +
      'Say bare, kind, or existing:/path/to/kubeconfig with #context behind it if it is not the current one.')
  }
  return { kind: 'existing', kubeconfigPath: named[1], context: named[2] }
}

/** A docker program proves nothing: only an engine that answers does. */
async function dockerAnswers (): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)('docker', ['info', '--format', '{{.ServerVersion}}'],
      { timeout: 3000, killSignal: 'SIGKILL' })
    return /^\d/.test(stdout)
  } catch {
    return false
  }
}
