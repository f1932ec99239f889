/** The time in which a replica reads what its answers depend on. */
export type WarmUp = {
  /** The record of bypasses was read, or there is none. */
  readonly markRecordRead: () => void
  /** Once over, over for good: what was read stays good enough while a watch is broken. */
  readonly isOver: () => boolean
}

export type WarmUpDeps = {
  readonly areFactsKnown: () => boolean
  readonly monotonicMs: () => number
}

/** Where a right is missing, something is never known: the pods then get what can be given without it. */
const LONGEST_MS = 15_000

/**
 * What is unknown counts as good enough, so a replica that answered at once would let an app wait for containers that
 * its namespace refuses, or give it ports without those of its Services.
 */
export function createWarmUp ({ areFactsKnown, monotonicMs }: WarmUpDeps): WarmUp {
  const startedMs = monotonicMs()
  let isRecordRead = false
  return {
    markRecordRead: () => { isRecordRead = true },
    isOver: () => (isRecordRead && areFactsKnown()) || monotonicMs() - startedMs >= LONGEST_MS
  }
}
