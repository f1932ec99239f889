import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../test/cluster/run.ts'
import type { Cleanup } from './cleanup.ts'
import { processTree } from './proc.ts'

export type Place = 'pod' | 'caller'

/** The pod's address and the caller's. Every pod has namespaces of its own, so the same ones will do for all. */
export const POD_ADDRESS = '10.99.0.2'
const CALLER_ADDRESS = '10.99.0.1'

/** Where the app listens in every pod. */
export const APP_PORT = 8080

/** Load and app share the first core, so that the side under test has the second one for itself. */
export const CORES = { load: 0, side: 1 } as const

/**
 * More ports and a quicker reuse than the defaults, in both namespaces: rows with a connection for each request must
 * measure the sides, and not how soon a single address runs out of ports.
 */
export const SYSCTLS = {
  'net.ipv4.ip_local_port_range': '16384 65535',
  'net.ipv4.tcp_tw_reuse': '1',
  'net.core.somaxconn': '8192',
  'net.ipv4.tcp_max_syn_backlog': '8192',
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait': '10'
} as const

export type Running = {
  readonly pid: number
  /** Ends it and its descendants; `graceMs` is how long that may take by itself. */
  stop (graceMs?: number): Promise<void>
}

export type SpawnOptions = {
  readonly core: number
  readonly env?: Readonly<Record<string, string>>
  readonly gid?: number
  /** Written to its standard input, which then ends. */
  readonly input?: string
  /** Text on its output that says that it is ready; undefined: ready at once. */
  readonly readyWhen?: string
}

const GRACE_MS = 300

let counter = 0

/** Two namespaces with a veth pair: a pod, and the caller beside it. */
export class Pod {
  readonly folder: string
  readonly #names: Readonly<Record<Place, string>>
  readonly #cleanup: Cleanup

  constructor (label: string, folder: string, cleanup: Cleanup) {
    const name = `waylay-bench-${process.pid}-${counter++}`
    this.#names = { pod: `${name}-pod`, caller: `${name}-caller` }
    this.folder = join(folder, `${counter}-${label}`)
    mkdirSync(this.folder)
    this.#cleanup = cleanup
    cleanup.add(() => {
      for (const namespace of Object.values(this.#names)) spawnSync('ip', ['netns', 'delete', namespace])
    })
    this.#connect()
  }

  /** Starts a program and waits until it is ready. It ends with the run at the latest. */
  async spawn (place: Place, command: readonly string[], options: SpawnOptions): Promise<Running> {
    const [program = '', ...args] = this.#command(place, command, options)
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment(options.env) })
    const running = runningOf(child)
    this.#cleanup.add(async () => await running.stop())
    child.stdin.on('error', () => {})
    child.stdin.end(options.input)
    await ready(child, command[0] ?? '', options.readyWhen)
    return running
  }

  /** Runs a program to its end and returns what it printed. */
  async run (
    place: Place, command: readonly string[],
    options: SpawnOptions & { readonly signal?: AbortSignal, readonly timeoutMs?: number }
  ): Promise<string> {
    const [program = '', ...args] = this.#command(place, command, options)
    const { signal, timeoutMs = 60_000, input } = options
    return await run(program, args, {
      env: environment(options.env), signal, timeoutMs, ...(input !== undefined && { input })
    })
  }

  /** Leads a port, the app's unless told otherwise, to another one, as a side that is no waylay would. */
  redirect (listener: number, port = APP_PORT): void {
    this.#mustRun('pod', ['iptables', '-w', '-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '--dport', String(port),
      '-j', 'REDIRECT', '--to-ports', String(listener)])
  }

  /** Text of the pod's tables of TCP connections, both families; `pid` is any process in it. */
  connections (pid: number): string {
    return ['tcp', 'tcp6'].map(name => readFileSync(`/proc/${pid}/net/${name}`, 'utf8')).join('\n')
  }

  #command (place: Place, command: readonly string[], { core, gid }: SpawnOptions): readonly string[] {
    const group = gid === undefined ? [] : ['setpriv', '--regid', String(gid), '--clear-groups']
    return ['ip', 'netns', 'exec', this.#names[place], 'taskset', '-c', String(core), ...group, ...command]
  }

  #connect (): void {
    const { pod, caller } = this.#names
    for (const name of [pod, caller]) ip('netns', 'add', name)
    ip('-n', pod, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', caller)
    for (const [name, address] of [[pod, POD_ADDRESS], [caller, CALLER_ADDRESS]] as const) {
      ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0')
      for (const link of ['lo', 'eth0']) ip('-n', name, 'link', 'set', link, 'up')
    }
    for (const place of ['pod', 'caller'] as const) {
      for (const [key, value] of Object.entries(SYSCTLS)) {
        this.#mustRun(place, ['sh', '-c', `echo '${value}' > /proc/sys/${key.replaceAll('.', '/')}`])
      }
    }
  }

  #mustRun (place: Place, command: readonly string[]): void {
    ip('netns', 'exec', this.#names[place], ...command)
  }
}

/** The repository's Node comes first: it is the one that the images run. */
function environment (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, ...more }
}

function runningOf (child: ChildProcess): Running {
  const pid = child.pid ?? 0
  const closed = new Promise<void>(resolve => child.once('exit', () => resolve()))
  return {
    pid,
    stop: async (graceMs = GRACE_MS) => {
      const within = async (ms: number): Promise<unknown> =>
        await Promise.race([closed, delay(ms, undefined, { ref: false })])
      if (child.exitCode !== null || child.signalCode !== null) return
      // A supervisor that was told to end does not start again what is killed next, and takes note of its end.
      child.kill('SIGTERM')
      await within(graceMs)
      for (const { pid: one } of processTree(pid).slice(1)) kill(one)
      await within(GRACE_MS)
      for (const { pid: one } of processTree(pid)) kill(one)
      await closed
    }
  }
}

function kill (pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {}
}

async function ready (child: ChildProcess, name: string, text: string | undefined): Promise<void> {
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const read = (bytes: Buffer): void => {
      if (output.length < 100_000) output += bytes.toString()
      if (text !== undefined && output.includes(text)) resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`${name} ended with ${code}:\n${output}`)))
    if (text === undefined) child.once('spawn', resolve)
  })
}

function ip (...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${args.join(' ')} ended with ${status}: ${stderr}`)
}
