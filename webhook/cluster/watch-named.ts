import { follow } from '../facts/follow.ts'
import type { Cluster } from './client.ts'
import { sourceOf } from './source.ts'
import { followDeps, type WatchDeps } from './watch-facts.ts'

/** One object, as rights are given for it: by the path of the objects of its kind and its name. */
export type Named = { readonly path: string, readonly resource: string, readonly name: string }

/**
 * Calls back when an object may have changed, until the signal fires. Whoever is called reads it, and looks by
 * themselves now and then: the right to watch may be missing. Never rejects.
 */
export async function watchNamed (
  cluster: Cluster, { path, resource, name }: Named, onChange: () => void, deps: WatchDeps, signal: AbortSignal
): Promise<void> {
  const source = sourceOf(cluster, { path, query: { fieldSelector: `metadata.name=${name}` }, read: () => undefined })
  const sink = { reset: onChange, put: onChange, remove: onChange }
  await follow(source, sink, followDeps(`${resource}/${name}`, deps), signal)
}
