import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { WaylayError } from '../../common/errors.ts'

/** The developer's own program, started by us. */
export type Child = {
  /** Its exit code; 128 and the signal's number where a signal ended it, as shells count. */
  readonly exited: Promise<number>
  /** SIGTERM, and SIGKILL when it is still there after `graceMs`. */
  stop (graceMs: number): Promise<void>
}

/**
 * Starts `command` in our terminal.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` when it cannot be started.
 */
export async function startChild (
  command: readonly string[], env: Readonly<Record<string, string | undefined>>
): Promise<Child> {
  const [file = '', ...args] = command
  // stdout is ours where it carries JSON lines, so the program's goes to stderr with the rest for people.
  const child = spawn(file, args, { stdio: ['inherit', 2, 2], env: { ...env } })
  const { promise: exited, resolve } = Promise.withResolvers<number>()
  child.once('exit', (code, signal) => {
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
  })
  const { promise: started, resolve: onStart, reject } = Promise.withResolvers<void>()
  child.once('spawn', () => { onStart() })
  child.once('error', cause => {
    reject(new WaylayError('WAYLAY_USAGE', `Cannot start "${file}": ${cause.message}`,
      { cause, hint: 'Check the command after "--".' }))
  })
  await started
  return {
    exited,
    async stop (graceMs) {
      child.kill('SIGTERM')
      const timer = setTimeout(() => { child.kill('SIGKILL') }, graceMs)
      await exited
      clearTimeout(timer)
    }
  }
}
