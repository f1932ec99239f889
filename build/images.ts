/**
 * Builds the images for a test cluster and loads them.
 *
 *   node build/images.ts                 all, into the cluster that is up
 *   node build/images.ts sidecar demo    only these
 */
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { cacheFolder } from '../test/cluster/cache.ts'
import { clusterStatus } from '../test/cluster/cluster.ts'
import { withLock } from '../test/cluster/lock.ts'
import { ROOT } from './bundle.ts'
import { buildWithBuildah } from './images-buildah.ts'
import { buildWithDocker, dockerAnswers } from './images-docker.ts'
import { hashOfSources } from './images-inputs.ts'
import { fullName, IMAGES, SOURCES, type Image } from './images-list.ts'
import { loadImages, type ImageSet } from './images-load.ts'

/** What to build and whom to tell. */
export type BuildImagesOptions = {
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal | undefined
  /** Short names; all where left out. */
  readonly only?: readonly string[]
}

/** Archives nobody has asked for this long are removed when a new one is written. */
const KEEP_ARCHIVES_MS = 3 * 60_000

/**
 * Builds what changed since the last time: with Docker where an engine answers, else with buildah. Nothing changed is
 * nothing to do but to hash the sources (some 20 ms).
 *
 * @throws {Error} With what the builder printed last.
 */
export async function buildImages (options: BuildImagesOptions): Promise<ImageSet> {
  const images = chooseImages(options.only)
  const names = images.map(fullName)
  const { hash, archivePath } = await placeOf(images)
  const folder = dirname(archivePath)
  await mkdir(folder, { recursive: true })
  const onWait = () => options.progress('waiting for another process that builds images')
  await withLock('images', { onWait, signal: options.signal }, async () => {
    if (!await markUsed(archivePath)) await buildArchive(images, archivePath, folder, options)
  })
  return { archivePath, names, hash }
}

/**
 * What to build where the demo alone needs it: all, if all are built already, because whoever tests with this cluster
 * would load them anew; otherwise those that need neither Maven nor pip.
 */
export async function imagesForDemo (): Promise<readonly string[]> {
  const all = Object.keys(IMAGES)
  const { archivePath } = await placeOf(chooseImages())
  return await stat(archivePath).then(() => true, () => false)
    ? all
    : all.filter(name => IMAGES[name]?.contexts === undefined)
}

async function placeOf (images: readonly Image[]): Promise<{ readonly hash: string, readonly archivePath: string }> {
  const hash = await hashOfSources(ROOT, SOURCES, JSON.stringify([process.arch, images.map(fullName)]))
  return { hash, archivePath: join(cacheFolder(), 'images', `images-${hash}.tar`) }
}

/** An archive is there completely or not at all: it is written under another name and moved. */
async function buildArchive (
  images: readonly Image[], archivePath: string, folder: string, options: BuildImagesOptions
): Promise<void> {
  const unfinished = `${archivePath}.unfinished`
  try {
    if (await dockerAnswers()) await buildWithDocker(images, unfinished, options)
    else await buildWithBuildah(images, unfinished, folder, options)
    await rename(unfinished, archivePath)
  } finally {
    await rm(unfinished, { force: true })
  }
  await removeOldArchives(folder, basename(archivePath))
}

async function markUsed (archivePath: string): Promise<boolean> {
  return await utimes(archivePath, new Date(), new Date()).then(() => true, () => false)
}

async function removeOldArchives (folder: string, current: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.tar') || name === current) continue
    const { mtimeMs } = await stat(join(folder, name))
    if (Date.now() - mtimeMs > KEEP_ARCHIVES_MS) await rm(join(folder, name), { force: true })
  }
}

function chooseImages (only: readonly string[] = []): readonly Image[] {
  const chosen = only.length === 0 ? Object.keys(IMAGES) : only
  return chosen.map(name => {
    const image = IMAGES[name]
    if (image === undefined) throw new Error(`No image "${name}". There are: ${Object.keys(IMAGES).join(', ')}`)
    return image
  })
}

async function main (only: readonly string[]): Promise<void> {
  const progress = (line: string) => console.error(line)
  const started = performance.now()
  const elapsed = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  const images = await buildImages({ progress, only })
  progress(`${images.archivePath} (${elapsed()})`)
  const { cluster } = await clusterStatus()
  if (cluster === undefined) {
    progress('No cluster is up, so nothing was loaded.')
    return
  }
  const isNew = await loadImages(cluster, images)
  progress(`${isNew ? 'Loaded' : 'The cluster has'} ${images.names.join(', ')} (${elapsed()})`)
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
