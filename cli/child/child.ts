import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { WaylayError } from '../../common/errors.ts'
import { describeCommand, type OwnCommand } from './own-command.ts'
import { throughShell, windowsCommand, type Spawned } from './windows-command.ts'

/** The developer's own program, started by us. */
export type Child = {
  /** Its exit code; 128 and the signal's number where a signal ended it, as shells count. */
  readonly exited: Promise<number>
  /**
   * Hands the signal to the program and all that it started, and ends what is still there after `graceMs`. Resolves
   * when the program has ended.
   */
  stop (signal: NodeJS.Signals, graceMs: number): Promise<void>
}

export type ChildOptions = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where its stdout goes: ours carries lines for programs, or nothing at all. A function gets all that it says. */
  readonly stdout: 'stdout' | 'stderr' | ((line: string) => void)
  /** Folder it starts in; ours, where none is named. */
  readonly cwd?: string
  /** Signals come through a console that has handed them to the program already: Windows. */
  readonly platform?: NodeJS.Platform
}

/**
 * Starts the program in our terminal, in a process group of its own: so Ctrl-C reaches it once, through us, and what
 * ends it reaches all that it started.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` when it cannot be started.
 */
export async function startChild (
  command: OwnCommand, { env, stdout, cwd, platform = process.platform }: ChildOptions
): Promise<Child> {
  const isWindows = platform === 'win32'
  const { file, args, isVerbatim } = planSpawn(command, env, isWindows)
  const options: SpawnOptions = {
    // Of several programs none has the keyboard.
    stdio: typeof stdout === 'function' ? ['ignore', 'pipe', 'pipe'] : ['inherit', stdout === 'stdout' ? 1 : 2, 2],
    ...(cwd !== undefined && { cwd }),
    env: { ...env },
    // On Windows this would be a console of its own.
    detached: !isWindows,
    windowsVerbatimArguments: isVerbatim
  }
  const child = spawn(file, args, options)
  if (typeof stdout === 'function') readLines(child, stdout)
  const { promise: exited, resolve } = Promise.withResolvers<number>()
  child.once('exit', (code, signal) => {
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
  })
  await whenStarted(child, command)
  const kill = isWindows ? killWindowsTree : killGroup
  // Nobody else would end it, whichever way we go.
  const onExit = (): void => { kill(child, 'SIGKILL') }
  process.once('exit', onExit)
  void exited.then(() => { process.off('exit', onExit) })
  return {
    exited,
    async stop (signal, graceMs) {
      kill(child, signal)
      const timer = setTimeout(() => { kill(child, 'SIGKILL') }, graceMs)
      await exited
      clearTimeout(timer)
    }
  }
}

function readLines ({ stdout, stderr }: ChildProcess, onLine: (line: string) => void): void {
  for (const input of [stdout, stderr]) {
    if (input !== null) createInterface({ input, crlfDelay: Infinity }).on('line', onLine)
  }
}

function planSpawn (command: OwnCommand, env: ChildOptions['env'], isWindows: boolean): Spawned {
  const deps = { env, exists: existsSync }
  if (command.kind === 'line') {
    return isWindows ? throughShell(command.line, deps) : { file: '/bin/sh', args: ['-c', command.line], isVerbatim: false }
  }
  const [file = '', ...args] = command.words
  if (!isWindows) return { file, args, isVerbatim: false }
  const found = windowsCommand(command.words, deps)
  if (found === undefined) throw cannotStart(command, 'there is no such program')
  return found
}

async function whenStarted (child: ChildProcess, command: OwnCommand): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.once('spawn', resolve)
  child.once('error', cause => { reject(cannotStart(command, cause.message, cause)) })
  await promise
}

function cannotStart (command: OwnCommand, why: string, cause?: Error): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `Cannot start "${describeCommand(command)}": ${why}`,
    { cause, hint: 'Check the command after "--" or in --run.' })
}

function killGroup ({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // All of them have ended.
  }
}

/** There are no signals and no groups: Ctrl-C reached the whole console, and what is left is ended as a tree. */
function killWindowsTree ({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || signal !== 'SIGKILL') return
  spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' }).on('error', () => {})
}
