import { readdirSync, readFileSync } from 'node:fs'

/** What /proc/<pid>/stat says of one process. */
export type ProcessStat = {
  readonly pid: number
  readonly parent: number
  /** User and system time of all its threads and of children it has waited for, in ms. */
  readonly cpuMs: number
}

// USER_HZ, which is 100 on every Linux that Node runs on.
const MS_PER_TICK = 10

/** Reads one line of /proc/<pid>/stat: see proc_pid_stat(5). The name may hold spaces and parentheses. */
export function parseStat (line: string): ProcessStat {
  const pid = Number.parseInt(line, 10)
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ').map(Number)
  const [utime, stime, cutime, cstime] = fields.slice(11, 15) as [number, number, number, number]
  return { pid, parent: fields[1] ?? 0, cpuMs: (utime + stime + cutime + cstime) * MS_PER_TICK }
}

/** A process and all its descendants, as they are now; none when it is gone. */
export function processTree (root: number): readonly ProcessStat[] {
  const all = readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(name => {
    const line = readOrUndefined(`/proc/${name}/stat`)
    return line === undefined ? [] : [parseStat(line)]
  })
  const tree = all.filter(({ pid }) => pid === root)
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid))
  return tree
}

/** CPU time of a process and its descendants since they began, in ms. */
export function treeCpuMs (root: number): number {
  return sum(processTree(root).map(({ cpuMs }) => cpuMs))
}

/** CPU time of all children that this process has waited for, in ms. */
export function endedChildrenCpuMs (): number {
  const line = readFileSync('/proc/self/stat', 'utf8')
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ').map(Number)
  return ((fields[13] ?? 0) + (fields[14] ?? 0)) * MS_PER_TICK
}

export type Memory = { readonly rssKib: number, readonly pssKib: number }

/** Resident memory of a process and its descendants; `pss` counts shared pages by their share. */
export function treeMemory (root: number): Memory {
  const texts = processTree(root).map(({ pid }) => readOrUndefined(`/proc/${pid}/smaps_rollup`) ?? '')
  const field = (name: string): number => sum(texts.map(text => {
    const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text) ?? []
    return Number(kib ?? 0)
  }))
  return { rssKib: field('Rss'), pssKib: field('Pss') }
}

/** Time that the given cores were busy since boot, in ms, from the text of /proc/stat. */
export function coresBusyMs (text: string, cores: readonly number[]): number {
  return sum(cores.map(core => {
    const [, numbers] = new RegExp(`^cpu${core} (.+)$`, 'm').exec(text) ?? []
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (numbers ?? '').split(' ').map(Number)
    return (user + nice + system + irq + softirq) * MS_PER_TICK
  }))
}

/** Established connections to a port, from the text of /proc/<pid>/net/tcp or tcp6. */
export function countEstablished (table: string, port: number): number {
  const ownEnd = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table.split('\n').filter(line => {
    const [, address = '', , state] = line.trim().split(/\s+/)
    return address.endsWith(ownEnd) && state === '01'
  }).length
}

/** Kernel threads by the beginning of their name. */
export function kernelThreads (prefix: string): readonly number[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) &&
    (readOrUndefined(`/proc/${name}/comm`) ?? '').startsWith(prefix)).map(Number)
}

export function sum (values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function readOrUndefined (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
