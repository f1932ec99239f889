import test from 'ava'
import { readSettings } from '../../preview/settings.ts'

const GOOD = { WAYLAY_PREVIEW_DOMAIN: 'preview.example.com' }

test('a domain alone is enough to start', t => {
  t.deepEqual(readSettings(GOOD), {
    domain: 'preview.example.com',
    port: 8443,
    healthPort: 9090,
    tlsFolder: '/run/waylay-preview-tls',
    namespace: 'waylay-system',
    logLevel: 'info'
  })
})

test('behind an ingress there is no certificate to serve with', t => {
  t.is(readSettings({ ...GOOD, WAYLAY_PREVIEW_TLS: 'ingress' }).tlsFolder, undefined)
})

const bad: Record<string, string | undefined> = {
  WAYLAY_PREVIEW_DOMAIN: undefined,
  WAYLAY_PREVIEW_TLS: 'maybe',
  WAYLAY_PREVIEW_TLS_FOLDER: 'tls',
  WAYLAY_PORT: '70000',
  WAYLAY_HEALTH_PORT: 'http',
  WAYLAY_NAMESPACE: 'Way Lay',
  WAYLAY_LOG_LEVEL: 'loud'
}
for (const [name, value] of Object.entries(bad)) {
  test(`${name} set to ${value ?? 'nothing'} stops the start by name`, t => {
    const error = t.throws(() => readSettings({ ...GOOD, [name]: value }), { code: 'WAYLAY_SETTINGS_INVALID' })
    t.true(error.message.includes(name))
  })
}
