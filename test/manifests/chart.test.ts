import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { CHART, chartFiles, writeTemplate } from '../../build/chart.ts'
import { chooseManifests } from '../../cli/installation/choose-manifests.ts'
import type { Manifest } from '../../cli/manifests.ts'
import { chartObjects, renderChart } from './helm.ts'

const FIRST_RUN = [300_000, 'the first run compiles Helm\'s renderer'] as const

/** Objects by kind, namespace and name. */
function byKey (objects: readonly Manifest[]): Readonly<Record<string, Manifest>> {
  return Object.fromEntries(objects.map(object =>
    [`${object.kind} ${object.metadata.namespace ?? ''} ${object.metadata.name}`, object] as const))
}

test('the chart is what build/chart.ts makes of the manifests', async t => {
  const files = await chartFiles()

  t.deepEqual((await readdir(join(CHART, 'templates'))).map(name => `templates/${name}`).sort(),
    [...files.keys()].filter(name => name.startsWith('templates/')).sort())
  for (const [name, text] of files) {
    t.is(await readFile(join(CHART, name), 'utf8'), text, `${name} is old: npm run chart`)
  }
})

test('a manifest that an edit no longer fits stops the chart from being made', t => {
  const edits = [['replicas: 2\n', 'x']] as const
  const text = 'metadata:\n  labels:\n    app.kubernetes.io/name: waylay\n'

  t.throws(() => writeTemplate({ source: 'a.yaml', edits }, text), { message: /has 0 times, not once: replicas/ })
  t.throws(() => writeTemplate({ source: 'a.yaml' }, 'metadata: {}\n'), { message: /1 objects and 0 lists of labels/ })
  t.throws(() => writeTemplate({ source: 'a.yaml' }, 'a: "{{ b }}"'), { message: /braces/ })
})

test('the chart renders the objects that waylay install applies, field by field', async t => {
  t.timeout(...FIRST_RUN)

  const rendered = byKey(await chartObjects(CHART))

  t.true(Object.keys(rendered).length > 15)
  t.deepEqual(rendered, byKey(await chooseManifests({})))
})

test('registry and pull secret give what the flags of install give', async t => {
  t.timeout(...FIRST_RUN)
  const values = { image: { registry: 'registry.example.org:5000/w' }, imagePullSecret: 'login' }

  const rendered = byKey(await chartObjects(CHART, values))

  t.deepEqual(rendered, byKey(await chooseManifests({
    imageRegistry: 'registry.example.org:5000/w', imagePullSecret: 'login'
  })))
})

test('the preview gateway comes by a domain alone, with TLS of its own by a Secret', async t => {
  t.timeout(...FIRST_RUN)
  const cases = [
    [{ domain: 'preview.example.org' }, { previewDomain: 'preview.example.org' }],
    [{ domain: 'p.example.org:8443', tlsSecret: 'wild' }, { previewDomain: 'p.example.org:8443', previewTlsSecret: 'wild' }]
  ] as const
  for (const [preview, options] of cases) {
    const rendered = byKey(await chartObjects(CHART, { preview, imagePullSecret: 'login' }))
    const chosen = byKey(await chooseManifests({ ...options, imagePullSecret: 'login' }))
    t.truthy(chosen['Deployment waylay-system waylay-preview'])
    t.deepEqual(rendered, chosen)
  }
})

test('on Kubernetes 1.29 the chart leaves out the policies alone', async t => {
  t.timeout(...FIRST_RUN)
  const values = { imagePullSecret: 'login' }
  const all = Object.keys(byKey(await chartObjects(CHART, values)))
  const policies = all.filter(key => key.startsWith('ValidatingAdmissionPolicy'))

  t.is(policies.length, 4)
  t.deepEqual(Object.keys(byKey(await chartObjects(CHART, values, 'v1.29.3'))), all.filter(key => !policies.includes(key)))
})

test('the chart renders the same bytes each time', async t => {
  t.timeout(...FIRST_RUN)
  const values = { imagePullSecret: 'login', certificateSecret: 'tls' }

  t.is(await renderChart(CHART, values), await renderChart(CHART, values))
})

test('every other value reaches the object that it is meant for', async t => {
  t.timeout(...FIRST_RUN)
  const text = JSON.stringify(await chartObjects(CHART, {
    image: { tag: '9.9.9', pullPolicy: 'Always' },
    certificateSecret: 'my-tls',
    createNamespace: false,
    replicas: 3,
    resources: { requests: { cpu: '1' } },
    logLevel: 'debug'
  }))

  for (const piece of [
    '"image":"waylay/webhook:9.9.9"', '"value":"waylay/sidecar:9.9.9"', '"imagePullPolicy":"Always"',
    '"name":"WAYLAY_IMAGE_PULL_POLICY","value":"Always"', '"name":"WAYLAY_CERTIFICATE_SECRET","value":"my-tls"',
    '"resourceNames":["my-tls"]', '"replicas":3', '"requests":{"cpu":"1",', '"name":"WAYLAY_LOG_LEVEL","value":"debug"'
  ]) t.true(text.includes(piece), piece)
  t.false(text.includes('"kind":"Namespace"'))
})

test('a value that the chart does not know is refused', async t => {
  t.timeout(...FIRST_RUN)
  await t.throwsAsync(renderChart(CHART, { replica: 3 }), { message: /replica/ })
  await t.throwsAsync(renderChart(CHART, { logLevel: 'loud' }), { message: /logLevel/ })
})
