import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentOf } from '../../demo/kubectl.ts'
import type { Cleanup } from '../cleanup.ts'
import type { CallerResult, LoadCommand } from '../programs/load-caller.ts'
import { startBackground } from './background.ts'
import { drive, type Driven } from './driven.ts'
import { APP_PORT, inPod, type Lab } from './lab.ts'
import { startCli } from './run-ready.ts'
import type { Exchange } from './rows.ts'

/** Sends load one way through the cluster. */
export type Way = (exchange: Exchange, connections: number, seconds: number) => Promise<CallerResult>

export type WayDeps = {
  readonly lab: Lab
  /** A folder of the run's own. */
  readonly folder: string
  readonly profile: string | undefined
  /** Caller in the pod `caller`. */
  readonly podCaller: Driven
  readonly hostCaller: Driven
  readonly developerPort: number
}

const PROGRAMS = join(import.meta.dirname, '..', 'programs')
const ROUTING_VALUE = 'bench-0k3v9x2m'

/** Node running one of the programs on this machine, driven over stdin. */
export async function driveProgram (name: string, args: readonly string[], cleanup: Cleanup): Promise<Driven> {
  return await drive([process.execPath, join(PROGRAMS, `${name}.ts`), ...args], cleanup)
}

/** `kubectl exec` of a caller in the cluster. */
export async function drivePodCaller ({ cluster, namespace }: Lab, pod: string, cleanup: Cleanup): Promise<Driven> {
  return await drive([cluster.kubectl, '--namespace', namespace, 'exec', '-i', pod, '--', 'node', inPod('caller')],
    cleanup, environmentOf(cluster))
}

/** Puts an intercept and a kubectl port-forward beside each other on the app's pod. */
export async function standWays (
  deps: WayDeps, delayMs: number, cleanup: Cleanup
): Promise<Readonly<Record<string, Way>>> {
  const { lab } = deps
  const kubeconfig = delayMs === 0 ? lab.cluster.kubeconfigPath : await delayedKubeconfig(deps, delayMs, cleanup)
  const env = { ...process.env, KUBECONFIG: kubeconfig }
  const pods = JSON.parse(await lab.kubectl(['get', 'pods', '--selector', 'app=app', '-o', 'json'])) as {
    items: readonly { readonly metadata: { readonly name: string }, readonly status: { readonly podIP: string } }[]
  }
  const [pod] = pods.items
  if (pod === undefined) throw new Error('The app has no pod')
  const [forward] = await Promise.all([
    startBackground([lab.cluster.kubectl, '--namespace', lab.namespace, 'port-forward', '--address', '127.0.0.1',
      `pod/${pod.metadata.name}`, `:${APP_PORT}`], env, cleanup),
    startCli(['intercept', 'app', '--namespace', lab.namespace, '--port', String(deps.developerPort), '--id', ROUTING_VALUE],
      { env, profile: deps.profile, cleanup })
  ])
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(forward.firstLine)?.[1])
  return {
    waylay: wayOf(deps.podCaller, {
      host: pod.status.podIP, port: APP_PORT, headers: { 'x-waylay-id': ROUTING_VALUE }, mustCarry: 'x-waylay-diverted-to'
    }),
    kubectl: wayOf(deps.hostCaller, { host: '127.0.0.1', port, headers: {} })
  }
}

function wayOf (caller: Driven, place: Pick<LoadCommand, 'host' | 'port' | 'headers' | 'mustCarry'>): Way {
  return async ({ path, uploadBytes }, connections, seconds) =>
    await caller<CallerResult>('load', { ...place, path, uploadBytes, connections, seconds } satisfies LoadCommand)
}

/** A kubeconfig whose server is a relay that delays; certificates are still checked against the server's own name. */
async function delayedKubeconfig ({ lab, folder }: WayDeps, delayMs: number, cleanup: Cleanup): Promise<string> {
  const config = JSON.parse(await lab.kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])) as {
    clusters: { cluster: Record<string, unknown> & { server: string } }[]
  }
  const [entry] = config.clusters
  if (entry === undefined) throw new Error('The kubeconfig has no cluster')
  const { hostname, port } = new URL(entry.cluster.server)
  const relay = await driveProgram('delay-relay', [hostname, port || '443', String(delayMs)], cleanup)
  entry.cluster = {
    'tls-server-name': hostname, ...entry.cluster, server: `https://127.0.0.1:${await relay<number>('listen')}`
  }
  const file = join(folder, `delayed-${delayMs}.kubeconfig`)
  await writeFile(file, JSON.stringify(config), { mode: 0o600 })
  return file
}
