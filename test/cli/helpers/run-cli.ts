import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import type { CliDeps } from '../../../cli/deps.ts'
import { runCli } from '../../../cli/run.ts'

/** A command line that runs in this process, with a home of its own. */
export type CliRun = {
  readonly stdout: string[]
  readonly stderr: string[]
  /** As Ctrl-C would. */
  readonly interrupt: () => void
  readonly exitCode: Promise<number>
}

export async function startCli (
  t: ExecutionContext, args: readonly string[], env: CliDeps['env'] = {}
): Promise<CliRun> {
  const homeDir = await mkdtemp(path.join(tmpdir(), 'waylay-home-'))
  t.teardown(async () => { await rm(homeDir, { recursive: true }) })
  const stdout: string[] = []
  const stderr: string[] = []
  let interrupt = (): void => {}
  const exitCode = runCli(args, {
    env,
    homeDir,
    userName: 'maria',
    hostName: 'marias-laptop',
    output: {
      result: line => { stdout.push(line) },
      json: value => { stdout.push(JSON.stringify(value)) },
      note: line => { stderr.push(line) }
    },
    onStopSignal: stop => {
      interrupt = () => { stop('SIGINT') }
      return () => { interrupt = () => {} }
    }
  })
  return { stdout, stderr, interrupt: () => { interrupt() }, exitCode }
}

/** Runs one to its end. */
export async function runToEnd (t: ExecutionContext, args: readonly string[], env: CliDeps['env'] = {}) {
  const run = await startCli(t, args, env)
  const exitCode = await run.exitCode
  return { exitCode, stdout: run.stdout.join('\n'), stderr: run.stderr.join('\n') }
}
