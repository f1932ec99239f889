import test from 'ava'
import { chooseImages } from '../../cli/manifest-images.ts'
import { inOrderOfCreation, inOrderOfRemoval, readManifests } from '../../cli/manifests.ts'

test('the namespace is made first and the webhook registered last', async t => {
  const kinds = inOrderOfCreation(await readManifests()).map(({ kind }) => kind)

  t.is(kinds[0], 'Namespace')
  t.true(kinds.indexOf('ServiceAccount') < kinds.indexOf('Deployment'))
  t.is(kinds.at(-1), 'MutatingWebhookConfiguration')
})

test('the webhook is unregistered first and the namespace removed last', async t => {
  const kinds = inOrderOfRemoval(await readManifests()).map(({ kind }) => kind)

  t.is(kinds[0], 'MutatingWebhookConfiguration')
  t.is(kinds.at(-1), 'Namespace')
})

test('a schema reaches the API server in the words of its file', async t => {
  const text = JSON.stringify((await readManifests()).find(({ metadata }) => metadata.name === 'intercepts.waylay.dev'))

  t.true(text.includes('"enum":["Exact","PathPrefix","Glob"]'))
  t.false(text.includes('_enum'))
})

async function imagesWith (flags: Parameters<typeof chooseImages>[1]): Promise<readonly string[]> {
  const deployment = (await readManifests()).find(({ kind }) => kind === 'Deployment')
  if (deployment === undefined) throw new Error('manifests/ has no Deployment')
  const text = JSON.stringify(chooseImages(deployment, flags))
  return [...text.matchAll(/"image":"([^"]*)"|WAYLAY_(?:SIDECAR|PROPAGATE)_IMAGE","value":"([^"]*)"/g)]
    .map(([, image, injected]) => image ?? injected ?? '')
}

test('a registry is put in front of all three images', async t => {
  const images = await imagesWith({ imageRegistry: 'registry.example.org/waylay/' })

  t.is(images.length, 3)
  t.true(images.every(image => /^registry\.example\.org\/waylay\/(webhook|sidecar|propagate):\d/.test(image)))
})

test('an image given in full wins over the registry', async t => {
  const images = await imagesWith({ imageRegistry: 'r', webhookImage: 'a/w:1', sidecarImage: 'b/s:2', propagateImage: 'c/p:3' })

  t.deepEqual(images.toSorted(), ['a/w:1', 'b/s:2', 'c/p:3'])
})
