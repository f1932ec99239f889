/** Does the work for all of them, so many at once; waits for each, also after a failure. */
export async function settleEach<T, R> (
  items: readonly T[], atOnce: number, work: (item: T) => Promise<R>
): Promise<readonly PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = []
  const waiting = items.map((item, index) => ({ item, index }))
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { item, index } = next
      const [result] = await Promise.allSettled([work(item)])
      results[index] = result
    }
  }))
  return results
}

/** Whoever asks while an answer is on its way, or within this time after it, gets that one. */
export function sharedFor<R> (ageMs: number, ask: () => Promise<R>): () => Promise<R> {
  let last: { readonly answer: Promise<R>, endMs: number } | undefined
  return async () => {
    if (last === undefined || performance.now() > last.endMs) {
      const asked = { answer: ask(), endMs: Infinity }
      last = asked
      const end = (): void => { asked.endMs = performance.now() + ageMs }
      asked.answer.then(end, end)
    }
    return await last.answer
  }
}
