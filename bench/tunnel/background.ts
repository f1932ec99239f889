import { spawn } from 'node:child_process'
import type { Cleanup } from '../cleanup.ts'

/** A program that runs until the cleanup, and is told to end as by Ctrl-C. */
export type Background = {
  /** The first line that it prints on standard output. */
  readonly firstLine: string
  /** When that line came, since the process was started. */
  readonly readyMs: number
}

const START_TIMEOUT_MS = 60_000
const END_TIMEOUT_MS = 10_000

/**
 * Starts a program and waits for its first line. What it prints afterwards is read and dropped, at no cost: it may be
 * thousands of lines a second.
 *
 * @throws {Error} with what it said on standard error, when it ends before.
 */
export async function startBackground (
  command: readonly [string, ...string[]], env: NodeJS.ProcessEnv, cleanup: Cleanup
): Promise<Background & { readonly stop: () => Promise<void> }> {
  const [file, ...args] = command
  const startMs = performance.now()
  // A group of its own: Ctrl-C comes to the bench alone, which ends its programs in order.
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const closed = new Promise<string>(resolve => {
    child.once('error', error => { resolve(error.message) })
    child.once('close', (code, signal) => { resolve(signal ?? `exit code ${code}`) })
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGINT')
    const timer = setTimeout(() => { child.kill('SIGKILL') }, END_TIMEOUT_MS)
    await closed
    clearTimeout(timer)
  }
  cleanup.add(stop)
  let complaints = ''
  let output = ''
  const onComplaint = (piece: Buffer): void => { complaints += piece.toString() }
  child.stderr.on('data', onComplaint)
  const line = Promise.withResolvers<string>()
  const onOutput = (piece: Buffer): void => {
    output += piece.toString()
    const end = output.indexOf('\n')
    if (end >= 0) line.resolve(output.slice(0, end))
  }
  child.stdout.on('data', onOutput)
  void closed.then(how => { line.reject(new Error(`${command.join(' ')} ended (${how}): ${complaints}`)) })
  const timer = setTimeout(() => { line.reject(new Error(`${command.join(' ')} said nothing: ${complaints}`)) }, START_TIMEOUT_MS)
  const firstLine = await line.promise
  clearTimeout(timer)
  const readyMs = performance.now() - startMs
  child.stdout.off('data', onOutput).resume()
  child.stderr.off('data', onComplaint).resume()
  return { firstLine, readyMs, stop }
}
