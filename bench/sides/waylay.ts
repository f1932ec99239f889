import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { INJECTED_ENV, PORTS, PROXY_GID, REDIRECTED_MARKER } from '../../common/contract.ts'
import type { InjectedConfig, RedirectMode } from '../../common/injected.ts'
import { VERSION } from '../../common/version.ts'
import { writePublicKey } from '../../intercepts/ticket.ts'
import { APP_PORT, CORES, POD_ADDRESS, type Running } from '../pod.ts'
import { sum } from '../proc.ts'
import type { DeveloperTask } from '../programs/developer.ts'
import type { Side, SideName, Stand, Standing } from './side.ts'

const SUPERVISOR = join(import.meta.dirname, '..', '..', 'proxy', 'supervisor.sh')
const DEVELOPER = join(import.meta.dirname, '..', 'programs', 'developer.ts')
const IDENTITY = { namespace: 'bench', pod: 'app-0', workload: 'deployment/app' } as const
/** The proxy listens on for 3 s after it is told to end, then writes its profile. */
const PROFILE_GRACE_MS = 15_000

type Setting = {
  readonly name: SideName
  readonly about: string
  readonly redirect: RedirectMode
  readonly intercepts: number
}

const SETTINGS: readonly Setting[] = [
  { name: 'waylay-on-demand', about: 'on-demand, no intercept', redirect: 'on-demand', intercepts: 0 },
  { name: 'waylay-idle', about: 'always, no intercept', redirect: 'always', intercepts: 0 },
  { name: 'waylay-one', about: 'always, one intercept of somebody else', redirect: 'always', intercepts: 1 },
  { name: 'waylay-100', about: 'always, 100 intercepts of others', redirect: 'always', intercepts: 100 }
]

/** The sidecar as its image runs it: rules of its init container, supervisor, bundled proxy, and a real session. */
export const waylaySides: readonly Side[] = SETTINGS.map(setting => ({
  name: setting.name,
  about: setting.about,
  start: async stand => await start(stand, setting)
}))

async function start (stand: Stand, { name, redirect, intercepts }: Setting): Promise<Standing> {
  const { pod, paths } = stand
  const shared = join(pod.folder, 'shared')
  mkdirSync(shared)
  const keys = generateKeyPairSync('ed25519')
  const listener = PORTS.firstListener
  const config: InjectedConfig = {
    version: VERSION,
    mode: 'iptables',
    namespace: IDENTITY.namespace,
    workload: IDENTITY.workload,
    ports: [{ port: APP_PORT, listener, redirect }],
    detours: [],
    forwardedFor: false,
    ticketKey: writePublicKey(keys.publicKey)
  }
  const env = environment(config, shared, pod.folder)
  await writeRules(stand, env, shared)
  const process = await pod.spawn('pod', ['bash', SUPERVISOR, join(paths.bundle, 'proxy.js')], {
    core: CORES.side, gid: PROXY_GID, env: { ...env, ...profiling(stand, name) }, readyWhen: '"proxy.started"'
  })
  if (intercepts > 0) await intercept(stand, keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), intercepts)
  return {
    process,
    listener: redirect === 'always' ? listener : undefined,
    ...(redirect === 'on-demand' && { silentListener: listener, countTurns: async () => await countTurns(stand) }),
    ...(paths.profile !== undefined && { stop: async () => await process.stop(PROFILE_GRACE_MS) })
  }
}

function environment (config: InjectedConfig, shared: string, folder: string): Record<string, string> {
  return {
    [INJECTED_ENV.config]: JSON.stringify(config),
    [INJECTED_ENV.podName]: IDENTITY.pod,
    [INJECTED_ENV.podNamespace]: IDENTITY.namespace,
    [INJECTED_ENV.podIps]: POD_ADDRESS,
    WAYLAY_SHARED_DIR: shared,
    // The legacy back end's lock is one for the whole machine, if nobody says otherwise.
    XTABLES_LOCKFILE: join(folder, 'xtables.lock')
  }
}

/** @throws {Error} with what the init container said, when it left the pod as it was. */
async function writeRules ({ pod, paths }: Stand, env: Record<string, string>, shared: string): Promise<void> {
  const output = await pod.run('pod', [process.execPath, join(paths.bundle, 'init.js'), '--shared-dir', shared,
    '--termination-log', join(pod.folder, 'termination.log')], { core: CORES.load, env })
  if (!existsSync(join(shared, REDIRECTED_MARKER))) throw new Error(`waylay-init wrote no rules: ${output}`)
}

async function intercept ({ pod }: Stand, ticketKeyPem: string, count: number): Promise<Running> {
  const task: DeveloperTask = { ...IDENTITY, ticketKeyPem, port: APP_PORT, count }
  return await pod.spawn('pod', [process.execPath, DEVELOPER], {
    core: CORES.load, input: JSON.stringify(task), readyWhen: 'diverting'
  })
}

/** Asks the proxy's metrics. */
async function countTurns ({ pod }: Stand): Promise<number> {
  const script = `exec 3<>/dev/tcp/127.0.0.1/${PORTS.health} && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`
  return sumTurns(await pod.run('pod', ['bash', '-c', script], { core: CORES.load }))
}

/**
 * Adds up what the proxy has counted of requests and of opaque connections.
 *
 * @throws {Error} when it counts something else.
 */
export function sumTurns (metrics: string): number {
  if (!metrics.includes('# TYPE waylay_turns_total ') || !metrics.includes('# TYPE waylay_opaque_total ')) {
    throw new Error(`The proxy does not say how many turns it saw:\n${metrics}`)
  }
  return sum([...metrics.matchAll(/^waylay_(?:turns|opaque)_total\S* (\d+)$/gm)].map(([, count]) => Number(count)))
}

/** A profile of the proxy's whole life, beside the options that the supervisor gives it by itself. */
function profiling ({ row, paths }: Stand, name: SideName): Record<string, string> {
  if (paths.profile === undefined) return {}
  return {
    WAYLAY_NODE_OPTIONS: `${supervisorNodeOptions()} --cpu-prof --cpu-prof-dir=${paths.profile} ` +
      `--cpu-prof-name=${row}-${name}.cpuprofile`
  }
}

/** @throws {Error} when supervisor.sh no longer says it in the way that is read here. */
export function supervisorNodeOptions (): string {
  const [, options] = /WAYLAY_NODE_OPTIONS:-([^}]+)}/.exec(readFileSync(SUPERVISOR, 'utf8')) ?? []
  if (options === undefined) throw new Error('supervisor.sh has no default for WAYLAY_NODE_OPTIONS')
  return options
}
