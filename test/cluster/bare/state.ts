import { readFileSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { inState } from './plan.ts'

/** What a running cluster writes down about itself, for other processes and for a later `down`. */
export type State = {
  /** False until everything answers. */
  readonly ready: boolean
  /** Ids of processes mean nothing after a restart of the machine. */
  readonly bootId: string
  readonly kubernetesVersion: string
  readonly kubectl: string
  readonly processes: readonly ProcessRecord[]
  /** False when the mount for named namespaces was made for this cluster, and goes with it. */
  readonly hadNamespaceFolder: boolean
  /** Kernel settings as they were before the kubelet changed them. */
  readonly kernelSettings: Readonly<Record<string, string>>
}

/** A process, told apart from a later one with the same id by when it started. */
export type ProcessRecord = {
  readonly name: string
  readonly pid: number
  readonly startTicks: string
}

const file = inState('state.json')

/** The state, or undefined when there is none (or half of one). */
export async function readState (): Promise<State | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as State
  } catch {
    return undefined
  }
}

/** Writes the whole state so that nobody ever reads half of it. */
export async function writeState (state: State): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(state, undefined, 2))
  await rename(`${file}.new`, file)
}

/** Changes with every start of the machine. */
export function bootId (): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** When a process started, in the kernel's ticks; undefined when there is none or it is dead already. */
export function startTicksOf (pid: number): string | undefined {
  try {
    // The name, in parentheses, may hold spaces: count from behind it. State is field 3, start time field 22.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** Whether a process that was written down still runs. */
export function isRunning (record: ProcessRecord): boolean {
  return startTicksOf(record.pid) === record.startTicks
}
