import { X509Certificate } from 'node:crypto'
import test from 'ava'
import { mendKeys } from '../../webhook/certificates/keys.ts'
import { createInstallation } from '../../webhook/installation.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const { keys } = await mendKeys({}, ['waylay-webhook.waylay-system.svc'], NOW_MS)
const endMs = new X509Certificate(keys.serving.certificate).validToDate.getTime()

test('readiness takes a certificate and the trust of the API server, and ends with draining', t => {
  const installation = createInstallation(() => NOW_MS)
  installation.setTrusted(true)
  t.false(installation.isReady(), 'without a certificate')

  installation.useCertificate(keys.serving.certificate)
  t.true(installation.isReady())
  installation.markDraining()
  t.false(installation.isReady())
})

test('a certificate is not enough before the API server was told', t => {
  const installation = createInstallation(() => NOW_MS)
  installation.useCertificate(keys.serving.certificate)

  t.false(installation.isReady())
})

test('readiness ends with the trust of the API server, and comes back with it', t => {
  const installation = createInstallation(() => NOW_MS)
  installation.useCertificate(keys.serving.certificate)

  for (const isTrusted of [true, false, true]) {
    installation.setTrusted(isTrusted)
    t.is(installation.isReady(), isTrusted)
  }
})

test('readiness ends with the certificate, by the API server\'s clock', t => {
  let nowMs = endMs - 1
  const installation = createInstallation(() => nowMs)
  installation.useCertificate(keys.serving.certificate)
  installation.setTrusted(true)

  t.true(installation.isReady())
  nowMs = endMs
  t.false(installation.isReady())
})

test('there is no key for tickets before the first look', t => {
  const installation = createInstallation(() => NOW_MS)

  t.throws(() => installation.ticketKey(), { code: 'WAYLAY_CERTIFICATE_INVALID' })
  installation.useKeys(keys)
  t.is(installation.ticketKey().asymmetricKeyType, 'ed25519')
})
