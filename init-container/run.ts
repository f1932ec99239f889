import { spawnSync } from 'node:child_process'
import { WaylayError } from '../common/errors.ts'

/** What came of one command. `code` is undefined when it could not be started or did not end in time. */
export type RunResult = {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command to its end. The seam of this part: tests pass a function that only answers. */
export type Run = (command: string, args: readonly string[], stdin?: string) => RunResult

/** Longer than iptables waits for its lock; a pod must not wait for us for ever. */
const TIMEOUT_MS = 10_000

/** The real thing. Synchronous, because this program does one thing after the other and then ends. */
export function runCommand (command: string, args: readonly string[], stdin = ''): RunResult {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    input: stdin,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024
  })
  return { code: status ?? undefined, stdout: stdout ?? '', stderr: [stderr, error?.message].filter(Boolean).join('\n') }
}

/** What failed, in one line: the command, and the first thing that it said. */
export function describeFailure (command: string, { code, stderr }: RunResult): string {
  const said = stderr.split('\n').map(line => line.trim()).filter(line => line !== '' && !line.startsWith('Try `'))
  const outcome = code === undefined ? 'did not run' : `ended with ${code}`
  return `${command} ${outcome}: ${said.slice(0, 3).join('; ') || 'no message'}`
}

/**
 * Runs a command that must end well.
 *
 * @returns what it printed.
 * @throws {WaylayError} `WAYLAY_REDIRECT_FAILED` with what it said.
 */
export function runOrThrow (run: Run, command: string, args: readonly string[], stdin?: string): string {
  const result = run(command, args, stdin)
  if (result.code === 0) return result.stdout
  throw new WaylayError('WAYLAY_REDIRECT_FAILED', describeFailure(command, result))
}
