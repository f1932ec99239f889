import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { environmentOf } from '../../demo/kubectl.ts'
import type { Cleanup } from '../cleanup.ts'
import type { CallerResult, LoadCommand } from '../programs/load-caller.ts'
import { startBackground } from './background.ts'
import { drive, type Driven } from './driven.ts'
import { APP_PORT, inPod, startCallerPod, type Lab } from './lab.ts'
import { startCli } from './run-ready.ts'
import type { Exchange } from './rows.ts'

/** Sends load one way through the cluster. */
export type Way = (exchange: Exchange, connections: number, seconds: number) => Promise<CallerResult>

export type WayDeps = {
  readonly lab: Lab
  /** A folder of the run's own. */
  readonly folder: string
  readonly profile: string | undefined
  /** Sends requests to a pod's address. */
  readonly podCaller: Driven
  /** Sends requests to kubectl. */
  readonly hostCaller: Driven
  readonly developerPort: number
}

const PROGRAMS = join(import.meta.dirname, '..', 'programs')

/** Node running one of the programs on this machine, driven over stdin. */
export async function driveProgram (name: string, args: readonly string[], cleanup: Cleanup): Promise<Driven> {
  return await drive([process.execPath, join(PROGRAMS, `${name}.ts`), ...args], cleanup)
}

/**
 * A caller on this machine where pods can be reached from it, so that both sides have the same one, else one in a pod.
 */
export async function drivePodCaller (lab: Lab, hostCaller: Driven, cleanup: Cleanup): Promise<Driven> {
  if (await isReachable(await podAddress(lab))) return hostCaller
  return await driveCallerIn(await startCallerPod(lab), lab, cleanup)
}

/** One more caller in the pod that `drivePodCaller` has started. */
export async function driveCallerIn (pod: string, { cluster, namespace }: Lab, cleanup: Cleanup): Promise<Driven> {
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
  const address = await podAddress(lab)
  // Those of all delays stand at the same time, and the same match is held once.
  const value = `bench-0k3v9x2m-${delayMs}`
  const [port] = await Promise.all([
    startPortForward(lab, 'app', env, cleanup),
    startCli(['intercept', 'app', '--namespace', lab.namespace, '--port', String(deps.developerPort), '--id', value],
      { env, profile: deps.profile, cleanup })
  ])
  return {
    waylay: wayOf(deps.podCaller, {
      host: address, port: APP_PORT, headers: { 'x-waylay-id': value }, mustCarry: 'x-waylay-diverted-to'
    }),
    kubectl: wayOf(deps.hostCaller, { host: '127.0.0.1', port, headers: {} })
  }
}

/** `kubectl port-forward` to a pod of the app. Returns its port of this machine. */
export async function startPortForward (
  lab: Lab, app: string, env: NodeJS.ProcessEnv, cleanup: Cleanup
): Promise<number> {
  const { firstLine } = await startBackground([lab.cluster.kubectl, '--namespace', lab.namespace, 'port-forward',
    '--address', '127.0.0.1', `deployment/${app}`, `:${APP_PORT}`], env, cleanup)
  return Number(/127\.0\.0\.1:(\d+)/.exec(firstLine)?.[1])
}

async function podAddress (lab: Lab): Promise<string> {
  const address = await lab.kubectl(['get', 'pods', '--selector', 'app=app', '-o', 'jsonpath={.items[0].status.podIP}'])
  if (address === '') throw new Error('The app has no pod')
  return address
}

async function isReachable (host: string): Promise<boolean> {
  const socket = connect({ host, port: APP_PORT })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(2000) })
    return true
  } catch {
    return false
  } finally {
    socket.on('error', () => {}).destroy()
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
