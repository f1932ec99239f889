import { execFile, spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { threadId } from 'node:worker_threads'
import type { ExecutionContext } from 'ava'
import { ensureDebianPackages } from '../cluster/bare/debian.ts'

/** Why this machine cannot make network namespaces; undefined where it can. */
export const noNamespaces = process.platform !== 'linux'
  ? `network namespaces need Linux, this is ${process.platform}`
  : process.getuid?.() !== 0 ? 'network namespaces need root' : undefined

type Side = 'pod' | 'node'

/** What came of one command in a namespace. */
export type Ran = { readonly code: number | null, readonly stdout: string, readonly stderr: string }

export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Programs that are replaced by one that says "broken" and ends with 1. */
  readonly broken?: readonly string[]
}

export type StartOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Words before the program. */
  readonly prefix?: readonly string[]
}

type Child = ChildProcessByStdio<Writable, Readable, null>

/** A program that keeps running in a namespace until the test ends. */
export type Background = {
  readonly child: Child
  /** Writes a line and waits for one. */
  readonly tell: (line: string) => Promise<string>
}

/** The pod's addresses and the node's, by family. */
export const ADDRESSES = {
  pod: { 4: '10.99.0.2', 6: 'fd99::2' },
  node: { 4: '10.99.0.1', 6: 'fd99::1' }
} as const

// A package of npm's has a program of its own that is called nft.
const path = (process.env['PATH'] ?? '').split(':').filter(folder => !folder.endsWith('node_modules/.bin')).join(':')

let counter = 0

/**
 * A pod as the kernel sees it: a namespace with a veth pair into another one, the node, both families. Gone when the
 * test ends, however it ends.
 */
export class PodNetwork {
  readonly folder: string
  readonly #names: Readonly<Record<Side, string>>
  readonly #children: Child[] = []

  static async start (t: ExecutionContext): Promise<PodNetwork> {
    await ensureDebianPackages(['iptables', 'iproute2', 'nftables', 'util-linux'], line => t.log(line))
    const network = new PodNetwork()
    t.teardown(() => network.#stop())
    network.#connect()
    return network
  }

  private constructor () {
    // AVA's files are threads of one process.
    const name = `waylay-rules-${process.pid}-${threadId}-${counter++}`
    this.#names = { pod: `${name}-pod`, node: `${name}-node` }
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`))
  }

  /** Runs a command to its end. */
  run (side: Side, command: string, args: readonly string[], options: RunOptions = {}): Ran {
    // PATH is set inside: a broken `ip` must not break the one that leads into the namespace.
    const inside = ['netns', 'exec', this.#names[side], 'env', `PATH=${this.#path(options.broken ?? [])}`, command, ...args]
    const { status, stdout, stderr } = spawnSync('ip', inside, {
      encoding: 'utf8',
      env: { ...process.env, ...this.#lockFile(), ...options.env }
    })
    return { code: status, stdout, stderr }
  }

  /** As `run`, but fails the test unless the command ends well. */
  mustRun (side: Side, command: string, args: readonly string[]): string {
    const { code, stdout, stderr } = this.run(side, command, args)
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}`)
    return stdout
  }

  /** Starts one of our own programs with a gid and waits until it says that it is ready. */
  async start (
    side: Side, gid: number, script: string, args: readonly string[], { env, prefix = [] }: StartOptions = {}
  ): Promise<Background> {
    const program = [...prefix, script.endsWith('.sh') ? 'bash' : process.execPath, script, ...args]
    const child = spawn('ip', ['netns', 'exec', this.#names[side], 'setpriv', '--regid', String(gid), '--clear-groups',
      ...program], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    this.#children.push(child)
    const lines = createInterface({ input: child.stdout })
    const ended = once(child, 'exit').then(([code]) => { throw new Error(`${script} ended with ${code} at its start`) })
    await Promise.race([once(lines, 'line'), ended])
    ended.catch(() => {})
    const tell = async (line: string): Promise<string> => {
      child.stdin.write(`${line}\n`)
      const [answer] = await once(lines, 'line') as [string]
      return answer
    }
    return { child, tell }
  }

  /** Who answers a connection; empty when nobody does within the time. */
  async ask (from: Side, address: string, port: number, timeoutSeconds = 20): Promise<string> {
    const script = `exec 3<>"/dev/tcp/${address}/${port}" && read -r line <&3 && echo "$line"`
    const command = ['netns', 'exec', this.#names[from], 'timeout', String(timeoutSeconds), 'bash', '-c', script]
    return await new Promise(resolve => execFile('ip', command, (_, stdout) => resolve(stdout.trim())))
  }

  #connect (): void {
    const { pod, node } = this.#names
    for (const name of [pod, node]) ip('netns', 'add', name)
    ip('-n', pod, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'veth0', 'netns', node)
    for (const [side, device] of [['pod', 'eth0'], ['node', 'veth0']] as const) {
      const name = this.#names[side]
      ip('-n', name, 'address', 'add', `${ADDRESSES[side][4]}/24`, 'dev', device)
      ip('-n', name, 'address', 'add', `${ADDRESSES[side][6]}/64`, 'dev', device, 'nodad')
      for (const link of ['lo', device]) ip('-n', name, 'link', 'set', link, 'up')
    }
  }

  /** A PATH that begins with the broken programs. */
  #path (broken: readonly string[]): string {
    if (broken.length === 0) return path
    const folder = join(this.folder, `broken-${broken.join('-')}`)
    mkdirSync(folder, { recursive: true })
    for (const name of broken) {
      writeFileSync(join(folder, name), '#!/bin/sh\necho broken >&2\nexit 1\n')
      chmodSync(join(folder, name), 0o755)
    }
    return `${folder}:${path}`
  }

  /** The legacy back end's lock is one for the whole machine, if nobody says otherwise. */
  #lockFile (): Readonly<Record<string, string>> {
    return { XTABLES_LOCKFILE: join(this.folder, 'xtables.lock') }
  }

  #stop (): void {
    for (const child of this.#children) child.kill('SIGKILL')
    // And what they started.
    for (const name of Object.values(this.#names)) {
      const pids = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean)
      for (const pid of pids) tryToKill(Number(pid))
    }
    for (const name of Object.values(this.#names)) spawnSync('ip', ['netns', 'delete', name])
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function tryToKill (pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {}
}

function ip (...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${args.join(' ')} ended with ${status}: ${stderr}`)
}
