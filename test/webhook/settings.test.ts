import test from 'ava'
import { readSettings } from '../../webhook/settings.ts'

const GOOD = { WAYLAY_SIDECAR_IMAGE: 'waylay/sidecar:1' }

test('the sidecar image alone is enough to start', t => {
  t.deepEqual(readSettings(GOOD), {
    sidecarImage: 'waylay/sidecar:1',
    propagateImage: undefined,
    imagePullPolicy: 'IfNotPresent',
    logLevel: 'info',
    namespace: 'waylay-system',
    port: 8443,
    metricsPort: 9090,
    certificateSecret: undefined,
    imagePullSecret: undefined,
    previewDomain: undefined
  })
})

test('a Secret with a certificate may be named and an empty name is none', t => {
  t.is(readSettings({ ...GOOD, WAYLAY_CERTIFICATE_SECRET: 'waylay-tls' }).certificateSecret, 'waylay-tls')
  t.is(readSettings({ ...GOOD, WAYLAY_CERTIFICATE_SECRET: '' }).certificateSecret, undefined)
})

test('the image of the instrumentation may be named and an empty name is none', t => {
  t.is(readSettings({ ...GOOD, WAYLAY_PROPAGATE_IMAGE: 'waylay/propagate:1' }).propagateImage, 'waylay/propagate:1')
  t.is(readSettings({ ...GOOD, WAYLAY_PROPAGATE_IMAGE: '' }).propagateImage, undefined)
})

test('a pull secret may be named and an empty name is none', t => {
  t.is(readSettings({ ...GOOD, WAYLAY_IMAGE_PULL_SECRET: 'login' }).imagePullSecret, 'login')
  t.is(readSettings({ ...GOOD, WAYLAY_IMAGE_PULL_SECRET: '' }).imagePullSecret, undefined)
})

test('a preview domain may be named, with a port, and an empty one is none', t => {
  const read = (domain: string) => readSettings({ ...GOOD, WAYLAY_PREVIEW_DOMAIN: domain }).previewDomain
  t.is(read('preview.example.com'), 'preview.example.com')
  t.is(read('preview.example.com:8443'), 'preview.example.com:8443')
  t.is(read(''), undefined)
})

const bad: Record<string, string | undefined> = {
  WAYLAY_SIDECAR_IMAGE: undefined,
  WAYLAY_IMAGE_PULL_POLICY: 'Sometimes',
  WAYLAY_LOG_LEVEL: 'loud',
  WAYLAY_NAMESPACE: 'Way Lay',
  WAYLAY_PORT: '65536',
  WAYLAY_CERTIFICATE_SECRET: 'Way/Lay',
  WAYLAY_PREVIEW_DOMAIN: 'https://preview.example.com'
}
for (const [name, value] of Object.entries(bad)) {
  test(`${name} set to ${value ?? 'nothing'} stops the start by name`, t => {
    const error = t.throws(() => readSettings({ ...GOOD, [name]: value }), { code: 'WAYLAY_SETTINGS_INVALID' })

    t.true(error.message.includes(name))
    t.true(error.message.includes(value ?? 'is not set'))
  })
}
