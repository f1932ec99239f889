import type { ConfigObject } from '../cluster/config-objects.ts'

/** Something that is not as in the container, or may not be. */
export type Warning = {
  /** The variable, volume or object that is meant; `KUBERNETES_*` for those of the API server's Service. */
  readonly about: string
  readonly text: string
}

/** Containers keep the values that they were started with. */
export function changedSince (used: Iterable<ConfigObject>, startedAtMs: number | undefined): readonly Warning[] {
  if (startedAtMs === undefined) return []
  return [...used].flatMap(({ kind, name, changedAtMs }) => {
    // Times of the API server are cut to seconds.
    if (changedAtMs === undefined || changedAtMs < startedAtMs + 1000) return []
    return [{ about: name, text: `${kind} "${name}" was written after the container started: the app may still have its values of before.` }]
  })
}
