import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'

/** An image with one static program in it and nothing else, as `FROM scratch` makes it. */
export type ScratchImage = {
  readonly name: string
  readonly binary: string
  readonly archivePath: string
  /** What the program is called in the image; `/pause` unless said. */
  readonly entrypoint?: string
}

/** Writes a docker-archive without any image tool: a tar with a manifest, a configuration and one layer. */
export async function writeScratchImage (image: ScratchImage): Promise<void> {
  const entrypoint = image.entrypoint ?? '/pause'
  const layer = tar([{ name: entrypoint.slice(1), mode: 0o755, content: await readFile(image.binary) }])
  const config = Buffer.from(JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: [entrypoint], User: '65535:65535' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] }
  }))
  const manifest = [{ Config: `${sha256(config)}.json`, RepoTags: [image.name], Layers: ['layer.tar'] }]
  await writeFile(image.archivePath, tar([
    { name: `${sha256(config)}.json`, mode: 0o644, content: config },
    { name: 'layer.tar', mode: 0o644, content: layer },
    { name: 'manifest.json', mode: 0o644, content: Buffer.from(JSON.stringify(manifest)) }
  ]))
}

/** One file of a tar. */
export type TarFile = { readonly name: string, readonly mode: number, readonly content: Buffer }

/** A tar of plain files (ustar), owned by root, without times, so that equal content is an equal archive. */
export function tar (files: readonly TarFile[]): Buffer {
  const blocks = files.flatMap(({ name, mode, content }) => {
    const padding = Buffer.alloc((512 - content.length % 512) % 512)
    return [header(name, mode, content.length), content, padding]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

function header (name: string, mode: number, size: number): Buffer {
  const block = Buffer.alloc(512)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0') + '\0'
  block.write(name, 0, 100)
  block.write(octal(mode, 7) + octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(0, 11), 100)
  block.write('        0', 148)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(octal(sum, 6) + ' ', 148)
  return block
}

function sha256 (bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
