import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** How to run one program to its end. */
export type RunOptions = {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** Called with each line the program writes to its standard error, as it comes. */
  readonly onErrorLine?: (line: string) => void
}

/** Runs a program and returns what it printed; a failure says what was run and the last lines it said. */
export async function run (program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const child = spawn(program, args, {
    env: options.env, cwd: options.cwd, timeout: options.timeoutMs, signal: options.signal, stdio: 'pipe'
  })
  const output: Buffer[] = []
  const complaints: string[] = []
  child.stdout.on('data', (bytes: Buffer) => output.push(bytes))
  splitLines(child.stderr, line => {
    complaints.push(line)
    options.onErrorLine?.(line)
  })
  // A program that does not read its input closes the pipe; its exit code tells whether that was wrong.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  const ended = await new Promise<string | undefined>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : signal ?? `exit code ${code}`))
  })
  if (ended !== undefined) {
    throw new Error(`${program} ${args.join(' ')} failed (${ended}):\n${complaints.slice(-15).join('\n')}`)
  }
  return Buffer.concat(output).toString()
}

/** The full path of a program, looked for on PATH and where Debian keeps what only root needs. */
export async function findProgram (name: string): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  for (const folder of [...folders, '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/go/bin']) {
    const path = join(folder, name + suffix)
    if (folder !== '' && await access(path, constants.X_OK).then(() => true, () => false)) return path
  }
  return undefined
}

function splitLines (stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = ''
  stream.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString()).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(onLine)
  })
  stream.on('end', () => { if (rest !== '') onLine(rest) })
}
