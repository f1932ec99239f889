import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

/** A program that runs beside the demo until it is stopped. */
export type Program = {
  /** The first of its lines that fits; rejects when it ends before, with what it said last. */
  readonly line: (pattern: RegExp, timeoutMs: number) => Promise<RegExpExecArray>
  /** Rejects when the program ends by itself: nothing that needs it should go on waiting. */
  readonly ended: Promise<never>
  readonly stop: () => Promise<void>
}

/** How a program is started. */
export type ProgramOptions = {
  readonly title: string
  readonly env?: NodeJS.ProcessEnv
  /** Gets each line the program prints, on either stream. */
  readonly onLine?: (line: string) => void
}

const STOP_TIMEOUT_MS = 5000

/** Starts a program and collects its lines. */
export function startProgram (file: string, args: readonly string[], options: ProgramOptions): Program {
  // A group of its own: Ctrl-C in the terminal comes to the demo alone, which stops its programs in order.
  const child = spawn(file, args, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const lines: string[] = []
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', line => {
      lines.push(line)
      options.onLine?.(line)
      for (const listener of listeners) listener()
    })
  }
  const ended = failureAtEnd(child, options.title, lines)
  return {
    ended,
    stop: async () => await stop(child),
    line: async (pattern, timeoutMs) => {
      const found = Promise.withResolvers<RegExpExecArray>()
      const look = () => {
        const match = lines.map(line => pattern.exec(line)).find(result => result !== null)
        if (match !== undefined) found.resolve(match)
      }
      listeners.add(look)
      look()
      const timer = setTimeout(() => found.reject(
        new Error(`${options.title} did not print ${String(pattern)} in ${timeoutMs / 1000} s: ` +
          lines.slice(-5).join('\n'))
      ), timeoutMs)
      try {
        return await Promise.race([found.promise, ended])
      } finally {
        clearTimeout(timer)
        listeners.delete(look)
      }
    }
  }
}

function failureAtEnd (child: ChildProcess, title: string, lines: readonly string[]): Promise<never> {
  const ended = new Promise<never>((_resolve, reject) => {
    child.on('error', error => reject(new Error(`${title} could not be started: ${error.message}`)))
    child.on('close', (code, signal) => reject(
      new Error(`${title} ended (${signal ?? `exit code ${code}`}):\n${lines.slice(-10).join('\n')}`)
    ))
  })
  // Most programs are stopped by us, and then nobody waits for this.
  ended.catch(() => {})
  return ended
}

async function stop (child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'exit')
  child.kill('SIGINT')
  await Promise.race([closed, delay(STOP_TIMEOUT_MS, undefined, { ref: false })])
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  await closed
}
