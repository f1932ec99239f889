import { fetchedFolder, type FetchOptions } from './fetched.ts'
import { classesFolder, otelFolder } from './images-otel.ts'
import { javaPart, pythonPart } from './propagate-parts.ts'

/** Folders of this machine from which a Dockerfile copies beside its own context: `COPY --from=otel`. */
const CONTEXTS = {
  otel: otelFolder, classes: classesFolder, 'propagate-java': javaPart, 'propagate-python': pythonPart
} as const

export type ContextName = keyof typeof CONTEXTS

/**
 * The flags by which a builder gets those folders, made first where they are missing.
 *
 * @param inBase Those whose contents the base image has already: the Dockerfile copies an empty folder over them.
 */
export async function contextArguments (
  names: readonly ContextName[], inBase: readonly ContextName[], options: FetchOptions
): Promise<readonly string[]> {
  const folders = await Promise.all(names.map(async name =>
    [name, inBase.includes(name) ? await emptyFolder(options) : await CONTEXTS[name](options)]))
  return folders.flatMap(([name, folder]) => ['--build-context', `${name}=${folder}`])
}

async function emptyFolder (options: FetchOptions): Promise<string> {
  return await fetchedFolder({ kind: 'nothing', key: '', fill: async () => {} }, options)
}
