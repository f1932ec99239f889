import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { names } from './plan.ts'

/**
 * Every process of the cluster, the pods' included, lives in cgroups of one name. So all of them can be found again,
 * even those whose start nobody lived to write down, and nobody else's are ever touched.
 */
export async function makeCgroups (): Promise<void> {
  for (const folder of await clusterCgroups()) {
    await makeCgroup(folder)
    await makeCgroup(join(folder, 'parts'))
  }
}

/** The files into which a process writes its id to become one of the cluster's own parts. */
export async function partsCgroupFiles (): Promise<readonly string[]> {
  return (await clusterCgroups()).map(folder => join(folder, 'parts', 'cgroup.procs'))
}

/** The ids of all processes of the cluster. */
export async function clusterProcessIds (): Promise<readonly number[]> {
  const ids = new Set<number>()
  for (const folder of await clusterCgroups()) {
    for (const each of await treeOf(folder)) {
      const text = await readFile(join(each, 'cgroup.procs'), 'utf8').catch(() => '')
      text.split('\n').filter(line => line !== '' && line !== '0').forEach(line => ids.add(Number(line)))
    }
  }
  return [...ids]
}

/** Removes the folders, deepest first; the kernel refuses while something lives in them. */
export async function removeCgroups (): Promise<void> {
  for (const folder of await clusterCgroups()) {
    for (const each of (await treeOf(folder)).reverse()) await rmdir(each)
  }
}

/**
 * Finds the mount points of the hierarchies in the text of /proc/self/mountinfo. Version 1 has one for each controller,
 * version 2 one for all; machines in between have both.
 */
export function hierarchiesIn (mountInfo: string): readonly string[] {
  return mountInfo.split('\n').flatMap(line => {
    const [mount, filesystem] = line.split(' - ')
    const [type] = filesystem?.split(' ') ?? []
    const mountPoint = mount?.split(' ')[4]
    if (mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return []
    return [mountPoint]
  })
}

async function clusterCgroups (): Promise<readonly string[]> {
  return hierarchiesIn(await readFile('/proc/self/mountinfo', 'utf8')).map(mountPoint => join(mountPoint, names.cgroup))
}

async function makeCgroup (folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  // A new cpuset (version 1) is empty, and nothing may enter it until it has processors and memory.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const own = await readFile(join(folder, file), 'utf8').catch(() => undefined)
    if (own?.trim() === '') {
      const inherited = await readFile(join(folder, '..', file), 'utf8').catch(() => '')
      if (inherited.trim() !== '') await writeFile(join(folder, file), inherited)
    }
  }
}

/** A folder and all below it, parents first; nothing if it is not there. */
async function treeOf (folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined)
  if (entries === undefined) return []
  const folders = entries.filter(entry => entry.isDirectory()).map(entry => join(folder, entry.name))
  const below = await Promise.all(folders.map(treeOf))
  return [folder, ...below.flat()]
}
