import type { RowSamples, Sample } from '../sample.ts'
import { envUp, waylayEnv } from './command.ts'
import type { EnvironmentsDeps } from './deps.ts'

/** Name of the one that is marked later, too. */
export const FIRST = 'bench-1'

/** A few by themselves, made and removed; then all that shall stand, a few side by side. */
export async function runUp (deps: EnvironmentsDeps): Promise<RowSamples> {
  const { environments, atOnce, rounds, signal, progress } = deps
  const alone: Sample[] = []
  // The first one of all finds nothing compiled and nothing cached; a pipeline that runs every day finds both.
  for (let round = -1; round < rounds; round++) {
    const wholeMs = await envUp(deps, 'alone')
    await waylayEnv(deps, ['down', 'alone'])
    if (round >= 0) alone.push({ wholeMs })
    progress(`up ${round + 1}/${rounds} alone ${wholeMs.toFixed(0)} ms`)
  }
  const names = Array.from({ length: environments }, (_, index) => `bench-${index + 1}`)
  const each: Sample[] = []
  const startMs = performance.now()
  const worker = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      signal.throwIfAborted()
      const wholeMs = await envUp(deps, name)
      each.push({ wholeMs })
      progress(`up ${each.length}/${environments} ${wholeMs.toFixed(0)} ms`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, environments) }, worker))
  return { alone, each, all: [{ wholeMs: performance.now() - startMs }] }
}
