import { readdir, readFile, readlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { findProgram, run } from './run.ts'
import { cacheFolder } from './cache.ts'
import { clusterProcessIds, hierarchiesIn } from './bare/cgroups.ts'
import { readKernelSettings } from './bare/kernel-settings.ts'
import { paths } from './bare/plan.ts'

/** What a machine has at one moment of everything that a cluster makes: one line for each thing, by kind. */
export type Inventory = Readonly<Record<InventoryKind, readonly string[]>>

const kinds = ['process', 'mount', 'network namespace', 'interface', 'route', 'cgroup', 'file', 'kernel setting'] as const
type InventoryKind = typeof kinds[number]

/** Looks at the machine: once before `up`, once after `down`. Linux only; elsewhere there is nothing to compare. */
export async function takeInventory (): Promise<Inventory> {
  const mountInfo = await readFile('/proc/self/mountinfo', 'utf8')
  return {
    process: await clusterProcesses(),
    mount: mountInfo.split('\n').map(line => line.split(' ').slice(3, 5).join(' on ')),
    'network namespace': await list('/run/netns'),
    interface: await list('/sys/class/net'),
    route: await routes(),
    cgroup: (await Promise.all(hierarchiesIn(mountInfo).map(list))).flat(),
    file: await files(),
    'kernel setting': Object.entries(await readKernelSettings()).map(([name, value]) => `${name} = ${value}`)
  }
}

/** What is there afterwards and was not there before, "interface: /sys/class/net/waylay-host"; best is nothing. */
export function leftBehind (before: Inventory, after: Inventory): readonly string[] {
  return kinds.flatMap(kind => {
    const known = new Set(before[kind])
    return after[kind].filter(thing => !known.has(thing)).map(thing => `${kind}: ${thing}`)
  })
}

/**
 * Processes that belong to a cluster. Comparing all processes would blame the cluster for whatever else a busy machine
 * starts, so these are told by what only a cluster's have: its cgroups, its network, its programs.
 */
async function clusterProcesses (): Promise<readonly string[]> {
  const inCgroups = new Set((await clusterProcessIds()).map(String))
  const network = await readlink('/proc/self/ns/net').catch(() => '')
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const link = async (name: string) => await readlink(`/proc/${pid}/${name}`).catch(() => '')
    const [ownNetwork, program] = await Promise.all([link('ns/net'), link('exe')])
    const elsewhere = ownNetwork !== '' && ownNetwork !== network
    const ours = program.startsWith(paths.state) || program.startsWith(`${cacheFolder()}/cluster/`)
    if (inCgroups.has(pid) || elsewhere || ours) found.push(`${pid} ${program}`)
  }
  return found
}

async function routes (): Promise<readonly string[]> {
  if (await findProgram('ip') === undefined) return []
  const text = await Promise.all(['-4', '-6'].map(family => run('ip', [family, 'route', 'show', 'table', 'all'])))
  // A router's announcement counts down all the time.
  return text.join('').split('\n').map(line => line.replace(/ expires \S+/, '').trim()).filter(line => line !== '')
}

/** The folders in which container runtimes, kubelets, CNI plugins and we ourselves like to leave things. */
async function files (): Promise<readonly string[]> {
  const folders = ['/run', '/run/containerd', '/run/lock', '/var/lib', '/var/lib/cni', '/var/lib/kubelet', '/var/log',
    '/var/log/containers', '/var/log/pods', '/var/opt', '/etc', '/etc/cni', '/opt', '/usr/libexec', '/usr/sbin']
  const ours = (await list(tmpdir())).filter(path => path.includes('waylay'))
  return [...(await Promise.all(folders.map(list))).flat(), ...ours]
}

async function list (folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).map(name => `${folder}/${name}`)
}
