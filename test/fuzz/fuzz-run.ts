import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Owner } from '../helpers/proxied-port.ts'
import { pause } from './clock.ts'
import type { FuzzCase } from './fuzz-case.ts'
import { generateCase } from './generate-case.ts'
import { Judge, type Verdict } from './judge.ts'
import { cutForMemory } from './kernel-memory.ts'
import { nodeAgrees } from './node-agrees.ts'
import { runCase } from './run-case.ts'
import { Slot } from './slot.ts'

/** What one run added up to. */
export type Tally = {
  cases: number
  /** How many cases showed each property in full. */
  readonly shown: Map<string, number>
  readonly failures: Array<{ readonly fuzzCase: FuzzCase, readonly problems: readonly string[] }>
  /** What threw where nobody caught it. */
  readonly uncaught: string[]
  /** While cases run, with what nobody has collected yet. */
  readonly heapMiB: number[]
  /** When every case is over. */
  atRestMiB: number
}

export type RunOptions = {
  readonly seed: number
  readonly seconds: number
  /** How many connections live at the same time. */
  readonly concurrency: number
  /** Past so many failures it is not looked for more. */
  readonly maxFailures: number
  /** What the proxy and this program may hold when no case runs. */
  readonly mayHoldMiB: number
  readonly onFailure: (fuzzCase: FuzzCase, problems: readonly string[]) => Promise<void>
}

const MEMORY_EVERY_MS = 5000
/** For the last connections to close, and for buffers to be given back, which the collector leaves to a later turn. */
const REST_MS = 5000

/** Runs cases side by side through one proxy process until the time is over. */
export async function fuzzRun (owner: Owner, options: RunOptions): Promise<Tally> {
  const { seed, seconds, concurrency, maxFailures, mayHoldMiB, onFailure } = options
  const tally = newTally()
  const endAt = performance.now() + seconds * 1000
  let next = 0
  let measuredAt = performance.now()
  const worker = async (): Promise<void> => {
    let slot = await Slot.open(owner)
    while (performance.now() < endAt && tally.failures.length < maxFailures) {
      const fuzzCase = generateCase(seed, next++)
      const { problems } = await tryCase(fuzzCase, slot, tally)
      if (problems.length > 0) {
        await onFailure(fuzzCase, problems)
        // What hangs there would be counted against every later case.
        slot = await Slot.open(owner)
      }
      if (performance.now() - measuredAt < MEMORY_EVERY_MS) continue
      measuredAt = performance.now()
      tally.heapMiB.push(heapMiB())
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  tally.atRestMiB = await atRestMiB(mayHoldMiB)
  return tally
}

/** Runs one case and counts what it showed. */
export async function tryCase (fuzzCase: FuzzCase, slot: Slot, tally: Tally): Promise<Pick<Verdict, 'problems'>> {
  const cutBefore = cutForMemory()
  const verdict = new Judge(await runCase(fuzzCase, slot)).judge()
  const problems = [...verdict.problems]
  for (const { request, bytes } of verdict.diverted) {
    const opinion = await nodeAgrees(request, bytes)
    if (typeof opinion === 'object') problems.push(opinion.problem)
    else count(tally, opinion === 'agrees' ? 'node-agrees' : 'node-refuses')
  }
  tally.cases++
  for (const property of verdict.shown) count(tally, property)
  if (problems.length === 0) return { problems }
  if (cutForMemory() > cutBefore) {
    count(tally, 'not-judged: the kernel was out of TCP memory')
    return { problems: [] }
  }
  tally.failures.push({ fuzzCase, problems })
  return { problems }
}

export function newTally (): Tally {
  return { cases: 0, shown: new Map(), failures: [], uncaught: [], heapMiB: [], atRestMiB: 0 }
}

function count ({ shown }: Tally, property: string): void {
  shown.set(property, (shown.get(property) ?? 0) + 1)
}

async function atRestMiB (mayHoldMiB: number): Promise<number> {
  const until = performance.now() + REST_MS
  let held = heapMiB()
  for (; held > mayHoldMiB && performance.now() < until; held = heapMiB()) await pause(50)
  return held
}

/** The heap and the buffers that are held; some of them are garbage that is collected with the next look. */
function heapMiB (): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return Math.round((heapUsed + external) / 2 ** 20)
}
