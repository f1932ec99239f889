import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGzip } from 'node:zlib'
import { buildImages } from '../../build/images.ts'
import { fullName, IMAGES } from '../../build/images-list.ts'
import type { Cleanup } from '../cleanup.ts'
import { makeFolder } from '../prepare.ts'
import type { RowSamples } from '../sample.ts'
import type { WebhookRow } from './rows.ts'
import type { WebhookDeps } from './deps.ts'

type Descriptor = { readonly digest: string, readonly annotations?: Readonly<Record<string, string>> }

/** Adds up the layers of each image, compressed as a registry would hold them (OCI image layout). */
export async function runImages (
  row: WebhookRow, { signal, progress }: WebhookDeps, cleanup: Cleanup
): Promise<RowSamples> {
  const { archivePath } = await buildImages({ progress, signal })
  const layout = join(makeFolder(cleanup), 'layout')
  await mkdir(layout)
  await promisify(execFile)('tar', ['--extract', '--file', archivePath, '--directory', layout])
  const { manifests } = await readJson<{ manifests: readonly Descriptor[] }>(join(layout, 'index.json'))
  const sizes = new Map<string, Promise<number>>()
  const samples = await Promise.all(row.sides.map(async side => {
    const image = IMAGES[side]
    const found = manifests.find(({ annotations }) =>
      annotations?.['org.opencontainers.image.ref.name'] === (image && fullName(image)))
    if (found === undefined) throw new Error(`The archive of the images has no "${side}"`)
    const { layers } = await readJson<{ layers: readonly Descriptor[] }>(blob(layout, found.digest))
    const bytes = await Promise.all(layers.map(async ({ digest }) => {
      const size = sizes.get(digest) ?? compressedBytes(blob(layout, digest))
      sizes.set(digest, size)
      return await size
    }))
    return [side, [{ compressedMb: bytes.reduce((sum, size) => sum + size, 0) / 1e6 }]] as const
  }))
  return Object.fromEntries(samples)
}

function blob (layout: string, digest: string): string {
  return join(layout, 'blobs', ...digest.split(':'))
}

async function readJson<T> (path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

/** A layer may be compressed already. */
async function compressedBytes (path: string): Promise<number> {
  const magic = createReadStream(path, { end: 1 })
  const [first] = await magic.toArray() as Buffer[]
  const isCompressed = first?.equals(Buffer.from([0x1f, 0x8b])) === true
  let bytes = 0
  const count = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const piece of source) bytes += piece.length
  }
  if (isCompressed) await pipeline(createReadStream(path), count)
  else await pipeline(createReadStream(path), createGzip(), count)
  return bytes
}
