import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environmentOf } from '../../demo/kubectl.ts'
import { Cleanup } from '../cleanup.ts'
import type { RowSamples } from '../sample.ts'
import { startBackground, type Background } from './background.ts'
import type { Lab } from './lab.ts'
import { runRounds, type TunnelDeps } from './rounds.ts'
import type { TunnelRow } from './rows.ts'
import { CLI } from './run-help.ts'

type CliDeps = { readonly env: NodeJS.ProcessEnv, readonly profile: string | undefined, readonly cleanup: Cleanup }

/** Starts the command line as its users do, but for the folder of its configuration, and waits for its first line. */
export async function startCli (args: readonly string[], { env, profile, cleanup }: CliDeps) {
  const configFolder = mkdtempSync(join(tmpdir(), 'waylay-bench-config-'))
  cleanup.add(() => { rmSync(configFolder, { recursive: true, force: true }) })
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  return await startBackground([process.execPath, ...flags, CLI, ...args, '--output', 'json'],
    { ...env, WAYLAY_CONFIG_DIR: configFolder }, cleanup)
}

/** From the start of the process to its ready line, on all pods of a workload. */
export async function runReady (row: TunnelRow, workload: string, lab: Lab, deps: TunnelDeps): Promise<RowSamples> {
  const once = async (): Promise<number> => {
    const cleanup = new Cleanup()
    try {
      const started = await startCli(['intercept', workload, '--namespace', lab.namespace, '--port', '1', '--id', 'bench-0k3v9x2m'],
        { env: environmentOf(lab.cluster), profile: undefined, cleanup })
      requireReady(started, row.pods)
      return started.readyMs
    } finally {
      await cleanup.run()
    }
  }
  // The first start of all reads from the disk.
  await once()
  return await runRounds(row, deps, async () => ({ wholeMs: await once() }))
}

function requireReady ({ firstLine }: Background, pods: number | undefined): void {
  const line = JSON.parse(firstLine) as { readonly event?: string, readonly pods?: number }
  if (line.event !== 'ready' || line.pods !== pods) throw new Error(`Expected to be ready on ${pods} pods: ${firstLine}`)
}
