import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, link, mkdir, mkdtemp, readdir, rename, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureDebianPackages } from '../test/cluster/bare/debian.ts'
import { run } from '../test/cluster/run.ts'
import { ROOT } from './bundle.ts'
import { contextArguments } from './images-contexts.ts'
import {
  addPackages, debianSource, makeNodeBase, NODE_BASE_PACKAGES, nodeVersion, OTEL_BASE_PACKAGES, PYTHON_BASE_PACKAGES,
  RECIPE
} from './images-debian.ts'
import { buildArguments, fullName, placesOf, type Image } from './images-list.ts'
import { otelFolder, otelKey } from './images-otel.ts'

type Options = { readonly progress: (line: string) => void, readonly signal?: AbortSignal | undefined }

type BaseNames = Readonly<Record<Image['base'], string>>

/** Each is made from the one before it. */
const BASES: readonly Image['base'][] = ['node', 'python', 'otel']

type Buildah = (...args: readonly string[]) => Promise<string>

/** From statfs(2): what a container's own root often is, where overlay cannot be mounted on overlay. */
const OVERLAYFS_MAGIC = 0x794c7630

/**
 * Builds with Debian's buildah from a base image made by debootstrap, without registry or daemon, and packs all of them
 * into one archive in which shared layers are stored once. The caller holds the lock on `folder`.
 */
export async function buildWithBuildah (
  images: readonly Image[], archivePath: string, folder: string, options: Options
): Promise<void> {
  await ensureDebianPackages(['buildah', 'debootstrap'], options.progress, options.signal)
  await withStore(join(folder, 'store'), options, async buildah => {
    const bases = await baseNames()
    const needed = BASES.slice(0, Math.max(...images.map(({ base }) => BASES.indexOf(base))) + 1)
    await ensureBases(buildah, bases, needed, options)
    const layers = await ensureLayers(buildah, folder, bases[needed.at(-1) ?? 'node'])
    for (const image of images) {
      options.progress(`building ${image.name}`)
      await bud(buildah, image, bases[image.base], options)
    }
    await pack(buildah, images, archivePath, layers)
    // Steps of the build stages that no image needs any more would pile up with each change.
    await buildah('rmi', '--prune')
  })
}

async function bud (buildah: Buildah, image: Image, base: string, options: Options): Promise<void> {
  const { dockerfile, context } = placesOf(image)
  await buildah('bud', '--isolation', 'chroot', '--pull-never', '--layers', '--timestamp', '0',
    '--volume', `${join(ROOT, 'node_modules')}:/src/node_modules:ro`,
    '--build-arg', `BASE_IMAGE=${base}`, ...buildArguments(image),
    ...await contextArguments(image.contexts ?? [], image.base === 'otel' ? ['otel'] : [], options),
    '--file', dockerfile, '--tag', fullName(image), ...(image.target === undefined ? [] : ['--target', image.target]), context)
}

/** buildah compresses what it pushes to an OCI layout unless it lies there already: so the base is put there first. */
async function pack (buildah: Buildah, images: readonly Image[], archivePath: string, layers: string): Promise<void> {
  const layout = `${archivePath}.layout`
  const blobs = join(layout, 'blobs/sha256')
  await rm(layout, { recursive: true, force: true })
  await mkdir(blobs, { recursive: true })
  try {
    for (const digest of await readdir(layers)) await link(join(layers, digest), join(blobs, digest))
    for (const image of images) await buildah('push', '--quiet', fullName(image), `oci:${layout}:${fullName(image)}`)
    await run('tar', ['--create', '--file', archivePath, '--directory', layout, 'oci-layout', 'index.json', 'blobs'])
  } finally {
    await rm(layout, { recursive: true, force: true })
  }
}

async function ensureBases (
  buildah: Buildah, bases: BaseNames, needed: readonly Image['base'][], options: Options
): Promise<void> {
  const source = await debianSource()
  const { progress, signal } = options
  const fill: Record<Image['base'], (root: string) => Promise<void>> = {
    node: async root => {
      progress(`making the base image: minimal Debian ${source.codename} with Node (once per machine, half a minute)`)
      await makeNodeBase(root, source, signal)
    },
    python: async root => {
      progress('making the base image of the test apps: Python, gunicorn and nginx')
      await addPackages(root, PYTHON_BASE_PACKAGES, signal)
    },
    otel: async root => {
      progress('making the base image of the chain of services: Java, Flask and OpenTelemetry')
      await cp(await otelFolder(options), join(root, 'otel'), { recursive: true, verbatimSymlinks: true })
      await addPackages(root, OTEL_BASE_PACKAGES, signal)
    }
  }
  for (const [index, base] of needed.entries()) {
    const from = needed[index - 1]
    await ensureBase(buildah, bases[base], from === undefined ? 'scratch' : bases[from], fill[base])
  }
}

async function ensureBase (
  buildah: Buildah, name: string, from: string, fill: (root: string) => Promise<void>
): Promise<void> {
  if (await buildah('images', '--quiet', name).then(() => true, () => false)) return
  const container = (await buildah('from', '--pull-never', from)).trim()
  try {
    await fill((await buildah('mount', container)).trim())
    await buildah('umount', container)
    await buildah('config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      '--env', 'LANG=C.UTF-8', container)
    await buildah('commit', '--quiet', '--timestamp', '0', container, name)
  } finally {
    await buildah('rm', container)
  }
}

/** The bases' layers as plain tars, named by their digests, in a folder. The last base holds the layers of all. */
async function ensureLayers (buildah: Buildah, folder: string, lastBase: string): Promise<string> {
  const layers = join(folder, `layers-${lastBase.split(':').at(-1)}`)
  if (await readdir(layers).then(() => true, () => false)) return layers
  const unfinished = `${layers}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await buildah('push', '--quiet', '--disable-compression', lastBase, `dir:${unfinished}`)
  for (const file of await readdir(unfinished)) {
    if (!/^[0-9a-f]{64}$/.test(file)) await rm(join(unfinished, file))
  }
  await rename(unfinished, layers)
  return layers
}

/** Each named by all that is in it. What changes in the chain's OpenTelemetry leaves the other two as they are. */
async function baseNames (): Promise<BaseNames> {
  const { codename } = await debianSource()
  const packages = [...NODE_BASE_PACKAGES, ...PYTHON_BASE_PACKAGES]
  const key = digestOf([RECIPE, codename, process.arch, await nodeVersion(), packages])
  return {
    node: `localhost/waylay-base/node:${key}`,
    python: `localhost/waylay-base/python:${key}`,
    otel: `localhost/waylay-base/otel:${digestOf([key, OTEL_BASE_PACKAGES, await otelKey()])}`
  }
}

function digestOf (parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}

/** Opens our own image store, which no other tool looks into, and leaves no mount and no container of it behind. */
async function withStore (
  store: string, { signal }: Options, work: (buildah: Buildah) => Promise<void>
): Promise<void> {
  await mkdir(store, { recursive: true })
  // Mount counts live here. Fresh each time: after a reboot old ones would be wrong.
  const runFolder = await mkdtemp(join(tmpdir(), 'waylay-buildah-'))
  const driver = (await statfs(store)).type === OVERLAYFS_MAGIC ? 'vfs' : 'overlay'
  const settings = ['--root', store, '--runroot', runFolder, '--storage-driver', driver]
  const buildah: Buildah = async (...args) => await run('buildah', [...settings, ...args], { signal })
  try {
    await buildah('rm', '--all')
    await work(buildah)
  } finally {
    // containers/storage mounts its folder on itself and leaves it so.
    await promisify(execFile)('umount', [join(store, driver)]).catch(() => {})
    await rm(runFolder, { recursive: true, force: true })
  }
}
