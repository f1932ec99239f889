import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { WaylayError } from '../../common/errors.ts'
import { windowsCommand, type Spawned } from '../child/windows-command.ts'
import type { ClusterEntry, ExecEntry, Place } from './kubeconfig-file.ts'

/** What a plugin gave us. */
export type ExecStatus = {
  readonly token?: string
  readonly clientCertificateData?: string
  readonly clientKeyData?: string
  readonly expirationTimestamp?: string
}

const API_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

/**
 * Runs a credential plugin (`aws eks get-token`, `gke-gcloud-auth-plugin`, `kubelogin`, …) as kubectl does. Its
 * standard error is the user's: it may say where to log in.
 *
 * @throws {WaylayError} `WAYLAY_CREDENTIALS` naming the plugin and what went wrong.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export async function runExecPlugin (
  exec: ExecEntry, cluster: ClusterEntry, { env }: Pick<Place, 'env'>
): Promise<ExecStatus> {
  const { command = '', apiVersion = '' } = exec
  if (command === '' || !API_VERSIONS.includes(apiVersion)) {
    throw failure(exec, `it says apiVersion "${apiVersion}", and waylay speaks ${API_VERSIONS.join(' and ')}`)
  }
  const isInteractive = mayAsk(exec)
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: isInteractive, ...(exec.provideClusterInfo === true && { cluster: describeCluster(cluster) }) }
  }
  const ownEnv = {
    ...env,
    ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify(info)
  }
  const { file, args, isVerbatim } = planSpawn(exec, command, ownEnv)
  const child = spawn(file, args, {
    stdio: [isInteractive ? 'inherit' : 'ignore', 'pipe', 'inherit'], env: ownEnv, windowsVerbatimArguments: isVerbatim
  })
  const started = Promise.withResolvers<never>()
  child.once('error', (error: NodeJS.ErrnoException) => {
    started.reject(failure(exec, error.code === 'ENOENT' ? 'there is no such program' : error.message, error))
  })
  const output = text(child.stdout)
  const [code, signal] = await Promise.race([once(child, 'close') as Promise<[number | null, string | null]>, started.promise])
  if (code !== 0) throw failure(exec, `it ended with ${signal ?? `exit code ${code}`}`)
  return readStatus(exec, await output)
}

/** Plugins are batch files on Windows now and then, which only its shell can start. */
function planSpawn (exec: ExecEntry, command: string, env: Place['env']): Spawned {
  const args = exec.args ?? []
  if (process.platform !== 'win32') return { file: command, args, isVerbatim: false }
  const planned = windowsCommand([command, ...args], { env, exists: existsSync })
  if (planned === undefined) throw failure(exec, 'there is no such program')
  return planned
}

/** @throws {WaylayError} where it must ask and nobody could answer. */
function mayAsk (exec: ExecEntry): boolean {
  const mode = exec.interactiveMode ?? 'IfAvailable'
  // Undefined, whatever its type says, where it is none.
  const isTerminal = Boolean(process.stdin.isTTY)
  if (mode === 'Always' && !isTerminal) throw failure(exec, 'it asks questions, and there is no terminal')
  return mode !== 'Never' && isTerminal
}

function readStatus (exec: ExecEntry, output: string): ExecStatus {
  let answer
  try {
    answer = JSON.parse(output) as { kind?: string, apiVersion?: string, status?: ExecStatus } | null
  } catch (cause) {
    throw failure(exec, 'it printed something that is no JSON', cause)
  }
  if (answer?.kind !== 'ExecCredential' || answer.apiVersion !== exec.apiVersion) {
    throw failure(exec, `it printed no ExecCredential of ${exec.apiVersion}`)
  }
  const { status } = answer
  if (Boolean(status?.clientCertificateData) !== Boolean(status?.clientKeyData)) {
    throw failure(exec, 'it gave only one of certificate and key')
  }
  if (!status?.token && !status?.clientCertificateData) throw failure(exec, 'it gave neither token nor certificate')
  return status
}

/** What `provideClusterInfo` promises the plugin. */
function describeCluster (cluster: ClusterEntry): object {
  return {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    'certificate-authority-data': cluster['certificate-authority-data'],
    'proxy-url': cluster['proxy-url'],
    config: cluster.extensions?.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension
  }
}

function failure ({ command = '', installHint }: ExecEntry, why: string, cause?: unknown): WaylayError {
  return new WaylayError('WAYLAY_CREDENTIALS', `The kubeconfig gets its credentials from "${command}": ${why}`, {
    cause, ...(installHint !== undefined && { hint: installHint.trim() })
  })
}
