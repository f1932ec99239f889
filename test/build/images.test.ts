import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ROOT } from '../../build/bundle.ts'
import { hashOfSources } from '../../build/images-inputs.ts'
import { fullName, IMAGES } from '../../build/images-list.ts'

test('image names are what the kubelet makes of the manifests', async t => {
  const manifest = await readFile(join(ROOT, 'manifests/webhook-deployment.yaml'), 'utf8')
  for (const image of [IMAGES['webhook'], IMAGES['sidecar']]) {
    t.true(image !== undefined && manifest.includes(image.name))
    t.is(image && fullName(image), `docker.io/${image?.name}`)
  }
})

test('no image is tagged latest, which would ask a registry', t => {
  for (const { name } of Object.values(IMAGES)) t.regex(name, /^waylay\/[a-z]+:\d+\.\d+\.\d+$/)
})

test('every image of the Dockerfile runs as a numbered user', async t => {
  for (const file of new Set(Object.values(IMAGES).map(image => image.dockerfile))) {
    const text = await readFile(join(ROOT, file), 'utf8')
    const finalStages = text.split(/^FROM /m).slice(1).filter(stage => /^(ENTRYPOINT|CMD) /m.test(stage))
    t.true(finalStages.length > 0)
    for (const stage of finalStages) t.regex(stage, /^USER [1-9]\d*:[1-9]\d*$/m)
  }
})

test('a changed, renamed or new source changes the hash', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-hash-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  await writeFile(join(folder, 'a.ts'), 'one')
  const first = await hashOfSources(folder, ['.'])
  t.is(await hashOfSources(folder, ['.', 'absent']), first)

  await writeFile(join(folder, 'a.ts'), 'two')
  const changed = await hashOfSources(folder, ['.'])
  await writeFile(join(folder, 'b.ts'), '')
  const added = await hashOfSources(folder, ['.'])

  t.is(new Set([first, changed, added]).size, 3)
})
