import type { FuzzCase } from './fuzz-case.ts'
import { newTally, tryCase } from './fuzz-run.ts'
import { proxyHeadEnd } from './reference-proxy-head.ts'
import { readReferenceRequests } from './reference-request.ts'
import type { Slot } from './slot.ts'

/** Makes a failing case smaller as long as it fails, for a bounded time. */
export async function shrink (fuzzCase: FuzzCase, slot: Slot, seconds: number): Promise<FuzzCase> {
  const endAt = performance.now() + seconds * 1000
  let best = fuzzCase
  for (let better = true; better;) {
    better = false
    for (const smaller of smallerOnes(best)) {
      if (performance.now() > endAt) return best
      if (!await fails(smaller, slot)) continue
      best = smaller
      better = true
      break
    }
  }
  return best
}

// A race does not fail every time.
async function fails (fuzzCase: FuzzCase, slot: Slot): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const { problems } = await tryCase(fuzzCase, slot, newTally())
    if (problems.length > 0) return true
  }
  return false
}

function * smallerOnes (fuzzCase: FuzzCase): Generator<FuzzCase> {
  if (fuzzCase.writes.length > 0) yield { ...fuzzCase, writes: [], pauses: {} }
  if (Object.keys(fuzzCase.pauses).length > 0) yield { ...fuzzCase, pauses: {} }
  if (fuzzCase.slowReading !== undefined) yield { ...fuzzCase, slowReading: undefined }
  const { stream } = fuzzCase
  const { requests } = readReferenceRequests(stream, proxyHeadEnd(stream))
  for (const { start, end } of requests) yield cut(fuzzCase, start, end)
  for (let size = stream.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < stream.length && at / size < 8; at += size) yield cut(fuzzCase, at, at + size)
  }
  for (const side of ['app', 'developer'] as const) {
    for (const [index, recipe] of fuzzCase[side].entries()) {
      const bodyBytes = Math.min(recipe.bodyBytes, 5)
      const plain = { ...recipe, interims: [], bodyBytes, delayMs: 0, pieces: 1, extra: false, early: false }
      const isPlain = JSON.stringify(plain) === JSON.stringify(recipe)
      if (!isPlain) yield { ...fuzzCase, [side]: fuzzCase[side].with(index, plain) }
    }
  }
}

function cut (fuzzCase: FuzzCase, from: number, to: number): FuzzCase {
  return { ...fuzzCase, stream: Buffer.concat([fuzzCase.stream.subarray(0, from), fuzzCase.stream.subarray(to)]) }
}
