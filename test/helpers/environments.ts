import type { ExecutionContext } from 'ava'
import { readSchema } from '../cli/helpers/fits-schema.ts'
import { faultsOf } from './json-schema.ts'
import { eventually, getJson, kubectl, tryKubectl } from './kube.ts'
import { startWaylay, waylay, type CliOptions } from './waylay.ts'

/** What `waylay env up --output json` printed, and how long it took. */
export type Stood = {
  readonly name: string
  readonly phase: string
  readonly created: boolean
  readonly header: { readonly name: string, readonly value: string }
  readonly workloads: readonly { readonly workload: string, readonly copy: string }[]
  readonly expiresAt: string
  readonly firstAnswerMs: number
  /** As a caller sends it. */
  readonly headers: Readonly<Record<string, string>>
  readonly stderr: string
}

/** Makes one of version `version` (what its app calls itself), or brings it up to date. */
export async function envUp (
  namespace: string, name: string, version: string, args: readonly string[] = [], options: CliOptions = {}
): Promise<Stood> {
  const ran = await tryEnvUp(namespace, name, ['--workload', 'app', '--env', `NAME=${version}`, ...args], options)
  if (ran.exitCode !== 0) throw new Error(`env up ${name} ended with ${ran.exitCode}: ${ran.stderr}`)
  const stood = JSON.parse(ran.stdout) as Omit<Stood, 'headers' | 'stderr'>
  const faults = faultsOf(stood, readSchema('env-up'))
  if (faults.length > 0) throw new Error(`What env up printed does not fit its schema: ${faults.join(', ')}`)
  return { ...stood, headers: { [stood.header.name]: stood.header.value }, stderr: ran.stderr }
}

export async function tryEnvUp (
  namespace: string, name: string, args: readonly string[], options: CliOptions = {}
): ReturnType<typeof waylay> {
  return await waylay(['env', 'up', name, '-n', namespace, '--output', 'json', ...args], options)
}

/** The same, for who ends it. */
export async function startEnvUp (
  t: Pick<ExecutionContext, 'teardown'>, namespace: string, name: string, args: readonly string[]
): ReturnType<typeof startWaylay> {
  return await startWaylay(t, ['env', 'up', name, '-n', namespace, ...args])
}

const KINDS = 'environments,deployments,services,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,pods,intercepts'

/** Everything of one environment that is still there, as `kind/name`. */
export async function whatIsLeft (namespace: string, name: string): Promise<readonly string[]> {
  const { items } = await getJson<{ items: readonly { kind: string, metadata: { name: string } }[] }>(
    ['-n', namespace, KINDS, '-l', `waylay.dev/environment=${name}`])
  const root = await tryKubectl(['-n', namespace, 'get', 'environment', name, '-o', 'name'])
  return [...items.map(({ kind, metadata }) => `${kind}/${metadata.name}`), ...root.exitCode === 0 ? ['Environment'] : []]
}

export async function allGone (namespace: string, name: string): Promise<void> {
  await eventually(`everything of ${name} is gone`, async () =>
    (await whatIsLeft(namespace, name)).length === 0 ? true : undefined)
}

/** How often each Deployment of one environment was changed. */
export async function generationsOf (namespace: string, name: string): Promise<string> {
  return await kubectl(['-n', namespace, 'get', 'deployments', '-l', `waylay.dev/environment=${name}`,
    '-o', 'jsonpath={range .items[*]}{.metadata.name}={.metadata.generation} {end}'])
}

/** What the companion's process holds in memory, in MiB. */
export async function companionMib (namespace: string, name: string): Promise<number> {
  const status = await kubectl(['-n', namespace, 'exec', `deployment/waylay-env-${name}`, '--', 'cat', '/proc/1/status'])
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
}
