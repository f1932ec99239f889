import { environmentOf } from '../../demo/kubectl.ts'
import { run } from '../../test/cluster/run.ts'
import { FIXTURES_IMAGE } from '../../test/helpers/workload.ts'
import { CLI } from '../tunnel/run-help.ts'
import { APPS, type EnvironmentsDeps } from './deps.ts'

/** `waylay env …` as its users call it. Returns what it printed, and how long the whole process took. */
export async function waylayEnv (
  { lab, signal }: EnvironmentsDeps, args: readonly string[]
): Promise<{ readonly output: string, readonly wholeMs: number }> {
  const startMs = performance.now()
  const output = await run(process.execPath, [CLI, 'env', ...args, '--namespace', lab.namespace, '--output', 'json'],
    { env: environmentOf(lab.cluster), signal })
  return { output, wholeMs: performance.now() - startMs }
}

export async function envUp (deps: EnvironmentsDeps, name: string): Promise<number> {
  const { wholeMs } = await waylayEnv(deps, ['up', name, '--workload', APPS.app, '--image', FIXTURES_IMAGE, '--ttl', '2h'])
  return wholeMs
}
