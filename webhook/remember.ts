/**
 * Remembers answers for a while. When a new one cannot be had, the old one must do: a pod waits for it.
 *
 * @param ask the question, by key.
 * @param maxAgeMs how long an answer is used without asking again.
 */
export function remember<T> (ask: (key: string) => Promise<T>, maxAgeMs: number, nowMs: () => number) {
  const answers = new Map<string, { readonly value: T, readonly atMs: number }>()
  return async (key: string): Promise<T> => {
    const known = answers.get(key)
    if (known !== undefined && nowMs() - known.atMs < maxAgeMs) return known.value
    try {
      const value = await ask(key)
      answers.set(key, { value, atMs: nowMs() })
      return value
    } catch (error) {
      if (known !== undefined) return known.value
      throw error
    }
  }
}
