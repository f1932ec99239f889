import type { Sink } from './follow.ts'

/** An object of the cluster, less what nobody reads. */
export type Item<T> = { readonly namespace: string, readonly name: string, readonly value: T | undefined }

/** Keeps the read part of objects, by namespace and name; those without a value are not kept at all. */
export type Store<T> = Sink<Item<T>> & {
  /** Those of a namespace; of kinds without namespaces, the one of ''. */
  readonly of: (namespace: string) => ReadonlyMap<string, T>
  /** Whether a whole list has ever come. */
  readonly isSynced: () => boolean
  /** Whether changes arrive right now. */
  readonly isCurrent: () => boolean
  /** Grows with each change. */
  readonly version: () => number
}

export function createStore<T> (): Store<T> {
  const byNamespace = new Map<string, Map<string, T>>()
  let isSynced = false
  let isCurrent = false
  let version = 0
  const remove = ({ namespace, name }: Item<T>): void => {
    version++
    const names = byNamespace.get(namespace)
    if (names?.delete(name) === true && names.size === 0) byNamespace.delete(namespace)
  }
  const put = (item: Item<T>): void => {
    const { namespace, name, value } = item
    if (value === undefined) return remove(item)
    version++
    const names = byNamespace.get(namespace) ?? new Map<string, T>()
    names.set(name, value)
    byNamespace.set(namespace, names)
  }
  return {
    reset: items => {
      version++
      byNamespace.clear()
      for (const item of items) put(item)
      isSynced = true
    },
    put,
    remove,
    setCurrent: value => { isCurrent = value },
    of: namespace => byNamespace.get(namespace) ?? NOTHING,
    isSynced: () => isSynced,
    isCurrent: () => isCurrent,
    version: () => version
  }
}

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>()
