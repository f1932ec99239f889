import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { runProgram, theCluster, type Ran } from './kube.ts'

const CLI = fileURLToPath(new URL('../../dist/waylay.js', import.meta.url))

/** What ends with a test, or with several of them. */
type Undo = Pick<ExecutionContext, 'teardown'>

export type CliOptions = {
  /** Another identity than the administrator's. */
  readonly kubeconfig?: string
  readonly env?: Readonly<Record<string, string>>
  /** Another command line than this version's. */
  readonly program?: string
  /** A single executable instead, with a Node of its own. */
  readonly executable?: string
}

/** Runs the real command line to its end. */
export async function waylay (args: readonly string[], options: CliOptions = {}): Promise<Ran> {
  const [file, words] = commandLine(args, options)
  return await runProgram(file, words, { env: await environment(options) })
}

/** Starts the real command line and leaves its end to the test. */
export async function startWaylay (t: Undo, args: readonly string[], options: CliOptions = {}): Promise<{
  readonly stderr: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<number | null>
}> {
  const [file, words] = commandLine(args, options)
  const child = spawn(file, words, { env: await environment(options), stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => { stderr += piece })
  const ended = new Promise<number | null>(resolve => child.on('close', code => resolve(code)))
  return { stderr: () => stderr, kill: signal => { child.kill(signal) }, ended }
}

function commandLine (args: readonly string[], { program = CLI, executable }: CliOptions): [string, readonly string[]] {
  return executable === undefined ? [process.execPath, [program, ...args]] : [executable, args]
}

/** Starts the real command line and waits for nothing; ended with the test. */
export async function spawnWaylay (t: Undo, args: readonly string[], options: CliOptions = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, [options.program ?? CLI, ...args], { env: await environment(options), stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** A `waylay intercept` (or `preview`) that runs. */
export type RunningIntercept = {
  readonly pid: number
  readonly ready: Readonly<Record<string, unknown>> & { readonly intercept: string, readonly pods: number }
  /** Every line of stdout so far, parsed. */
  readonly events: readonly Readonly<Record<string, unknown>>[]
  readonly stderr: () => string
  /** For `SIGSTOP` and the like. */
  readonly kill: (signal: NodeJS.Signals) => void
  /** Ctrl-C; resolves with the exit code and how long it took. */
  readonly stop: () => Promise<{ readonly exitCode: number | null, readonly tookMs: number }>
  /** The end, if it comes by itself. */
  readonly ended: Promise<number | null>
}

/** Starts `waylay intercept` and waits until it says that it is ready; ended with the test. */
export async function startIntercept (
  t: Undo, args: readonly string[], options: CliOptions = {}
): Promise<RunningIntercept> {
  return await startCommand(t, 'intercept', args, options)
}

/** The check of the way is left undone when it takes longer than people are let wait, as on a busy machine. */
const CHECKS = 10

/** The same, started anew while the way was not checked. What the check said is the test's to look at. */
export async function startChecked (
  t: Undo, args: readonly string[], options: CliOptions = {}
): Promise<RunningIntercept> {
  let intercept = await startIntercept(t, args, options)
  for (let check = 1; check < CHECKS && intercept.ready['way'] === 'unchecked'; check++) {
    await intercept.stop()
    intercept = await startIntercept(t, args, options)
  }
  return intercept
}

/** The same as `startIntercept` with `waylay preview`, whose first line has its URL. */
export async function startPreview (
  t: Undo, args: readonly string[], options: CliOptions = {}
): Promise<RunningIntercept & { readonly url: string }> {
  const preview = await startCommand(t, 'preview', args, options)
  return { ...preview, url: String(preview.ready['url']) }
}

async function startCommand (
  t: Undo, command: string, args: readonly string[], options: CliOptions
): Promise<RunningIntercept> {
  const [file, words] = commandLine([command, ...args, '--output', 'json'], options)
  const child = spawn(file, words, {
    env: await environment(options), stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = new Promise<number | null>(resolve => child.on('close', code => resolve(code)))
  const events: Record<string, unknown>[] = []
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => { stderr += piece })
  const ready = await new Promise<RunningIntercept['ready']>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      const event = JSON.parse(line) as RunningIntercept['ready']
      events.push(event)
      if (event['event'] === 'ready') resolve(event)
    })
    void ended.then(code => reject(new Error(`waylay ${command} ${args.join(' ')} ended with ${code}: ${stderr}`)))
  })
  return {
    pid: child.pid ?? -1,
    ready,
    events,
    stderr: () => stderr,
    kill: signal => { child.kill(signal) },
    stop: async () => await interrupt(child, ended),
    ended
  }
}

async function interrupt (
  child: ChildProcess, ended: Promise<number | null>
): Promise<{ readonly exitCode: number | null, readonly tookMs: number }> {
  const startedMs = performance.now()
  child.kill('SIGINT')
  const exitCode = await ended
  return { exitCode, tookMs: Math.round(performance.now() - startedMs) }
}

async function environment ({ kubeconfig, env = {} }: CliOptions): Promise<NodeJS.ProcessEnv> {
  const { kubeconfigPath } = await theCluster()
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    KUBECONFIG: kubeconfig ?? kubeconfigPath,
    WAYLAY_CONFIG_DIR: configFolder(),
    ...env
  }
}

let folder: string | undefined

// Not the user's own: the tests must not make or read a value there.
function configFolder (): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'waylay-e2e-'))
    process.on('exit', () => rmSync(made, { recursive: true, force: true }))
    folder = made
  }
  return folder
}
