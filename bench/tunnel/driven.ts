import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Cleanup } from '../cleanup.ts'

/** A program that is told over its standard input what to do (`serveCommands`), wherever it runs. */
export type Driven = <Result>(op: string, command?: object) => Promise<Result>

/**
 * Starts one; ended with the cleanup. A command that fails there rejects here, and so does every one after its end.
 *
 * @throws {Error} when it ends before it is ready.
 */
export async function drive (
  command: readonly [string, ...string[]], cleanup: Cleanup, env: NodeJS.ProcessEnv = process.env
): Promise<Driven> {
  const [file, ...args] = command
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], env, detached: true })
  cleanup.add(async () => { await endDriven(child) })
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const ready = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', line => {
    const { id, result, error } = JSON.parse(line) as { id?: number, result?: unknown, error?: string }
    if (id === undefined) return ready.resolve()
    if (error === undefined) waiting.get(id)?.resolve(result)
    else waiting.get(id)?.reject(new Error(error))
    waiting.delete(id)
  })
  const onEnd = (how: string): void => {
    const gone = new Error(`${command.join(' ')} ended with ${how}`)
    ready.reject(gone)
    for (const one of waiting.values()) one.reject(gone)
  }
  child.once('error', error => { onEnd(error.message) })
  child.once('close', code => { onEnd(String(code)) })
  child.stdin.on('error', () => {})
  await ready.promise
  let lastId = 0
  return async <Result>(op: string, fields: object = {}) => {
    const answer = Promise.withResolvers<unknown>()
    waiting.set(++lastId, answer)
    child.stdin.write(`${JSON.stringify({ id: lastId, op, ...fields })}\n`)
    return await answer.promise as Result
  }
}

/** These programs end with their input; a profile is written then. */
async function endDriven (child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>(resolve => { child.once('close', () => { resolve() }) })
  const timer = setTimeout(() => { child.kill('SIGKILL') }, 5000)
  child.stdin?.end()
  await ended
  clearTimeout(timer)
}
