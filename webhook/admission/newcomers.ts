/** What this replica has let in and the API server's list may not hold yet. */
export type Newcomers = {
  /**
   * How many of the namespace are on their way, this name apart.
   *
   * @param listed names that have arrived: they are forgotten here.
   */
  others (namespace: string, name: string, listed: readonly string[]): number
  add (namespace: string, name: string): void
}

/**
 * An object is stored after its admission: of ten jobs that start at the same moment each would see the same list. This
 * counts those of one replica; two replicas can let one more in each than there is room for.
 *
 * @param keepMs how long one counts that never arrives: another webhook, or the schema, refused it after us.
 */
export function createNewcomers (keepMs: number, monotonicMs: () => number): Newcomers {
  const byNamespace = new Map<string, Map<string, number>>()
  const forgetOld = (): void => {
    for (const [namespace, names] of byNamespace) {
      for (const [name, atMs] of names) if (monotonicMs() - atMs > keepMs) names.delete(name)
      if (names.size === 0) byNamespace.delete(namespace)
    }
  }
  return {
    others (namespace, name, listed) {
      forgetOld()
      const names = byNamespace.get(namespace)
      if (names === undefined) return 0
      for (const arrived of listed) names.delete(arrived)
      return [...names.keys()].filter(other => other !== name).length
    },
    add (namespace, name) {
      const names = byNamespace.get(namespace) ?? new Map<string, number>()
      names.set(name, monotonicMs())
      byNamespace.set(namespace, names)
    }
  }
}
