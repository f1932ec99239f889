import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { run } from '../run.ts'
import { tar, writeScratchImage } from './image-archive.ts'

test('tar reads back the names, modes and content of what was packed', async t => {
  const folder = await temporaryFolder(t)
  const content = Buffer.from('x'.repeat(513))
  await writeFile(join(folder, 'a.tar'), tar([{ name: 'bin/a', mode: 0o755, content }]))
  t.regex(await run('tar', ['tvf', join(folder, 'a.tar')]), /^-rwxr-xr-x 0\/0 +513 .* bin\/a\n$/)
  t.is(await run('tar', ['xOf', join(folder, 'a.tar'), 'bin/a']), content.toString())
})

test('an image archive names its image and holds the program in its one layer', async t => {
  const folder = await temporaryFolder(t)
  const archivePath = join(folder, 'image.tar')
  await writeFile(join(folder, 'program'), '#!/bin/true\n')
  await writeScratchImage({ name: 'waylay.test/a:1', binary: join(folder, 'program'), archivePath, entrypoint: '/a' })
  await run('tar', ['xf', archivePath, '-C', folder])
  const [manifest] = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as [{ Config: string }]
  t.like(manifest, { RepoTags: ['waylay.test/a:1'], Layers: ['layer.tar'] })
  t.like(JSON.parse(await readFile(join(folder, manifest.Config), 'utf8')), { config: { Entrypoint: ['/a'] } })
  t.is(await run('tar', ['tf', join(folder, 'layer.tar')]), 'a\n')
})

async function temporaryFolder (t: { teardown: (undo: () => Promise<void>) => void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-image-'))
  t.teardown(async () => await rm(folder, { recursive: true }))
  return folder
}
