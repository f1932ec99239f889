import { getHeapStatistics } from 'node:v8'

/** What is held too much of. */
export type MemoryStrain = 'heap' | 'buffers' | 'memory'

export type MemoryMarks = Readonly<Record<MemoryStrain, number>>

/** In bytes: objects, bytes outside of V8's heap, and what the kernel counts. */
export type MemoryUse = { readonly heapUsed: number, readonly external: number, readonly rss: number }

/** Bytes that wait for a slow caller, app or developer. Each stream is bounded; this is for very many of them. */
const MAX_BUFFERS_BYTES = 256 * 1024 * 1024

/** What this process may use: the heap by its own limit, the whole by the container's, where it has one. */
export function readMemoryMarks (): MemoryMarks {
  return {
    heap: getHeapStatistics().heap_size_limit * 0.85,
    buffers: MAX_BUFFERS_BYTES,
    // Without a limit it is more than any machine has.
    memory: (process.constrainedMemory() || Infinity) * 0.85
  }
}

/** Costs 15 µs: meant for every beat, not for every request. */
export function findMemoryStrain (
  marks: MemoryMarks, use: MemoryUse = process.memoryUsage()
): MemoryStrain | undefined {
  if (use.heapUsed > marks.heap) return 'heap'
  if (use.external > marks.buffers) return 'buffers'
  return use.rss > marks.memory ? 'memory' : undefined
}
