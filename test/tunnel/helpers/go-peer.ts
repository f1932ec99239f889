import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'

const SOURCES = path.join(import.meta.dirname, '..', 'go')

export type GoPeer = {
  readonly socket: net.Socket
  /** The JSON it printed; rejects with what it wrote on standard error when it failed. */
  readonly result: Promise<Readonly<Record<string, unknown>>>
}

export type GoTask = {
  readonly role: 'client' | 'server'
  readonly task: 'serve' | 'call'
  readonly streams?: number
  readonly bytes?: number
  /** From its end of a stream to its reset, when ours does not end. */
  readonly closeTimeoutMs?: number
}

/** Builds the program once for each state of its sources. Go missing is an error, never a skip. */
export async function buildGoPeer (): Promise<string> {
  const files = await Promise.all(['main.go', 'go.mod', 'go.sum'].map(name => readFile(path.join(SOURCES, name))))
  const digest = createHash('sha256').update(Buffer.concat(files)).digest('hex').slice(0, 16)
  const directory = path.join(cacheDirectory(), 'yamux-peer')
  const program = path.join(directory, `yamux-peer-${digest}`)
  await mkdir(directory, { recursive: true })
  try {
    await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: SOURCES })
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new Error(isMissing ? 'This test needs Go (1.24 or later) on the PATH' : 'go build failed', { cause })
  }
  return program
}

/** Starts the program and hands out our end of the TCP connection to it. */
export async function startGoPeer (t: ExecutionContext, program: string, task: GoTask): Promise<GoPeer> {
  const server = net.createServer({ noDelay: true }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const child = spawn(program, [
    '-connect', `127.0.0.1:${port}`, '-role', task.role, '-task', task.task,
    '-streams', String(task.streams ?? 1), '-bytes', String(task.bytes ?? 0),
    '-close-timeout', `${task.closeTimeoutMs ?? 300_000}ms`
  ], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill())
  const result = readResult(child.stdout, child.stderr, once(child, 'close'))
  // A test that fails earlier never waits for it.
  result.catch(() => {})
  const [socket] = await once(server, 'connection') as [net.Socket]
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  return { socket, result }
}

async function readResult (
  stdout: NodeJS.ReadableStream, stderr: NodeJS.ReadableStream, closed: Promise<unknown[]>
): Promise<Readonly<Record<string, unknown>>> {
  let output = ''
  let errors = ''
  stdout.on('data', chunk => { output += String(chunk) })
  stderr.on('data', chunk => { errors += String(chunk) })
  const [code] = await closed
  if (code !== 0) throw new Error(`yamux-peer ended with ${String(code)}: ${errors}`)
  return JSON.parse(output) as Readonly<Record<string, unknown>>
}

function cacheDirectory (): string {
  const base = process.env['WAYLAY_CACHE'] ?? process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache')
  return path.join(base, 'waylay')
}
