import { createHash } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../test/cluster/cache.ts'
import { ensureDebianPackages } from '../test/cluster/bare/debian.ts'
import { withLock } from '../test/cluster/lock.ts'
import { findProgram } from '../test/cluster/run.ts'

/** Whom to tell that something is fetched. */
export type FetchOptions = { readonly progress: (line: string) => void, readonly signal?: AbortSignal | undefined }

/** What is fetched, and how. */
export type Fetch = {
  /** For people, and the beginning of the folder's name: `wheels`. */
  readonly kind: string
  /** All that decides what comes: pinned versions, digests, flags. */
  readonly key: string
  readonly fill: (folder: string) => Promise<void>
}

/**
 * A folder of things from a package registry, fetched once per machine and kept in the cache. It is there whole or not
 * at all: it is filled under another name and moved.
 */
export async function fetchedFolder ({ kind, key, fill }: Fetch, options: FetchOptions): Promise<string> {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 12)
  const folder = join(cacheFolder(), 'fetched', `${kind}-${digest}`)
  if (await isThere(folder)) return folder
  const onWait = () => options.progress(`waiting for another process that fetches ${kind}`)
  await withLock(`fetch-${kind}`, { onWait, signal: options.signal }, async () => {
    if (await isThere(folder)) return
    options.progress(`fetching ${kind} (once per machine)`)
    const unfinished = `${folder}.unfinished`
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true })
    await fill(unfinished)
    await rename(unfinished, folder)
  })
  return folder
}

/** The program's path; installed from Debian's packages where the machine has none. */
export async function ensureProgram (
  program: string, debianPackages: readonly string[], { progress, signal }: FetchOptions
): Promise<string> {
  const found = await findProgram(program)
  if (found !== undefined) return found
  await ensureDebianPackages(debianPackages, progress, signal)
  const installed = await findProgram(program)
  if (installed === undefined) throw new Error(`Neither on PATH nor in ${debianPackages.join(', ')}: ${program}`)
  return installed
}

async function isThere (folder: string): Promise<boolean> {
  return await stat(folder).then(() => true, () => false)
}
