/**
 * Differential fuzz test of the data path: random streams through the proxy's own code on real sockets, judged by a
 * slow reading of the design.
 *
 *   npm run fuzz -- --seconds 60 [--seed 7] [--connections 32]
 *   npm run fuzz -- --case 7:1234      one case of a seed, alone, then beside its neighbours
 *   npm run fuzz -- --case <file>      one case as a failure left it
 */
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadCase, writeCase, type FuzzCase } from './fuzz-case.ts'
import { fuzzRun, newTally, tryCase, type Tally } from './fuzz-run.ts'
import { generateCase } from './generate-case.ts'
import { shrink } from './shrink.ts'
import { Slot } from './slot.ts'

const SHRINK_SECONDS = 10
const MAX_FAILURES = 10
/** More than twice what the proxy and this program hold when no case runs. */
const MAX_MIB_AT_REST = 60

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    connections: { type: 'string', default: '32' },
    case: { type: 'string' },
    shrink: { type: 'boolean', default: false }
  }
})

const teardowns: Array<() => void> = []
const owner = { teardown: (end: () => void) => void teardowns.push(end) }
const uncaught: string[] = []
process.on('uncaughtException', error => uncaught.push(String(error.stack)))
process.on('unhandledRejection', error => uncaught.push(String(error)))

if (values.case === undefined) await run(Number(values.seed), Number(values.seconds), Number(values.connections))
else await replay(values.case)
for (const end of teardowns) end()
for (const error of new Set(uncaught)) console.log(`UNCAUGHT ${error}`)
if (uncaught.length > 0) process.exitCode = 1

async function run (seed: number, seconds: number, concurrency: number): Promise<void> {
  console.log(`seed ${seed}, ${seconds} s, ${concurrency} connections at a time`)
  const tally = await fuzzRun(owner, {
    seed, seconds, concurrency, maxFailures: MAX_FAILURES, mayHoldMiB: MAX_MIB_AT_REST, onFailure: report
  })
  print(tally)
  const { atRestMiB } = tally
  const holdsOn = tally.failures.length === 0 && atRestMiB > MAX_MIB_AT_REST
  if (holdsOn) console.log(`FAIL ${atRestMiB} MiB are held when every case is over, which is more than ${MAX_MIB_AT_REST}`)
  if (tally.failures.length > 0 || holdsOn) process.exitCode = 1
  if (tally.failures.length > 0) await shrinkFirst(tally)
}

async function replay (which: string): Promise<void> {
  const [, seed, number] = /^(\d+):(\d+)$/.exec(which) ?? []
  const isNumbered = seed !== undefined && number !== undefined
  const fuzzCase = isNumbered ? generateCase(Number(seed), Number(number)) : await loadCase(which)
  const tally = newTally()
  const slot = await Slot.open(owner)
  for (let times = 0; times < 5 && tally.failures.length === 0; times++) await tryCase(fuzzCase, slot, tally)
  if (isNumbered && tally.failures.length === 0) {
    console.log('alone it passes; beside its neighbours:')
    await Promise.all(Array.from({ length: 40 }, async (_, index) => {
      await tryCase(generateCase(Number(seed), Math.max(0, Number(number) - 20) + index), await Slot.open(owner), tally)
    }))
  }
  for (const failure of tally.failures) await report(failure.fuzzCase, failure.problems)
  print(tally)
  if (tally.failures.length > 0) process.exitCode = 1
  if (tally.failures.length > 0 && values.shrink) await shrinkFirst(tally)
}

async function report (fuzzCase: FuzzCase, problems: readonly string[]): Promise<void> {
  const path = join(tmpdir(), `waylay-fuzz-${fuzzCase.id.replace(':', '-')}.json`)
  await writeFile(path, writeCase(fuzzCase))
  console.log(`FAIL case ${fuzzCase.id}`)
  for (const problem of problems) console.log(`  ${problem}`)
  console.log(`  npm run fuzz -- --case ${fuzzCase.id}   or   npm run fuzz -- --case ${path}`)
}

async function shrinkFirst ({ failures }: Tally): Promise<void> {
  const [first] = failures
  if (first === undefined) return
  const small = await shrink(first.fuzzCase, await Slot.open(owner), SHRINK_SECONDS)
  const path = join(tmpdir(), `waylay-fuzz-${first.fuzzCase.id.replace(':', '-')}-small.json`)
  await writeFile(path, writeCase(small))
  console.log(`smaller, ${small.stream.length} bytes instead of ${first.fuzzCase.stream.length}: npm run fuzz -- --case ${path}`)
}

function print ({ cases, shown, failures, heapMiB, atRestMiB }: Tally): void {
  console.log(`${cases} cases, ${failures.length} failed; memory ${heapMiB.join(' ')}, at rest ${atRestMiB} MiB`)
  for (const [property, count] of [...shown].sort()) console.log(`  ${property}: ${count}`)
}
