import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Cleanup } from './cleanup.ts'
import { APP_PORT, CORES, POD_ADDRESS } from './pod.ts'
import { treeMemory } from './proc.ts'
import type { Row } from './rows.ts'
import { rotate, stand, type Effort, type RunDeps } from './run-row.ts'
import type { RowSamples, Sample } from './sample.ts'
import type { SideName } from './sides/side.ts'

const PROGRAM = join(import.meta.dirname, 'programs', 'idle-callers.ts')
const WANTED_CONNECTIONS = 10_000
/** Descriptors of a side that are no connections. */
const SPARE_DESCRIPTORS = 200
/** Until a process that has started, or served its last request, has done what it put off. */
const SETTLE_MS = 2000

/** Each connection of a caller takes two descriptors of a side, and not every machine lets them be so many. */
export function idleConnections (limits = readFileSync('/proc/self/limits', 'utf8')): number {
  const [, , hard] = /^Max open files +(\S+) +(\S+)/m.exec(limits) ?? []
  const descriptors = hard === 'unlimited' ? Infinity : Number(hard)
  return Math.min(WANTED_CONNECTIONS, Math.floor((descriptors - SPARE_DESCRIPTORS) / 2))
}

/** Measures the memory of a fresh side, before and after it holds idle connections. */
export async function runMemory (
  row: Row, names: readonly SideName[], { rounds }: Effort, deps: RunDeps
): Promise<RowSamples> {
  const samples = new Map<string, Sample[]>(names.map(name => [name, []]))
  const connections = idleConnections()
  if (connections < WANTED_CONNECTIONS) deps.progress(`memory: ${connections} connections, no more descriptors are allowed here`)
  for (let round = 0; round < rounds; round++) {
    for (const name of rotate(names, round)) {
      const sample = await measureOne(row, name, connections, deps)
      samples.get(name)?.push(sample)
      deps.progress(`${row.name} ${round + 1}/${rounds} ${name.padEnd(16)} idle ${sample.idleMib?.toFixed(1)} MiB, ` +
        `${sample.perConnectionKib?.toFixed(2)} KiB per connection`)
    }
  }
  return Object.fromEntries(samples)
}

async function measureOne (row: Row, name: SideName, connections: number, deps: RunDeps): Promise<Sample> {
  const cleanup = new Cleanup()
  try {
    const { pod, standing } = await stand(row, name, deps, cleanup)
    if (standing.process === undefined) throw new Error(`${name} has no process to measure`)
    await delay(SETTLE_MS, undefined, { signal: deps.signal })
    const before = treeMemory(standing.process.pid)
    await pod.spawn('caller', [
      process.execPath, PROGRAM, POD_ADDRESS, String(APP_PORT), String(connections)
    ], { core: CORES.load, readyWhen: 'idle' })
    await delay(SETTLE_MS, undefined, { signal: deps.signal })
    const after = treeMemory(standing.process.pid)
    await standing.stop?.()
    return {
      idleMib: before.rssKib / 1024,
      idlePssMib: before.pssKib / 1024,
      perConnectionKib: (after.rssKib - before.rssKib) / connections
    }
  } finally {
    await cleanup.run()
  }
}
