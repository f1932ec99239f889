import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import test from 'ava'
import { mendKeys, type Keys } from '../../../webhook/certificates/keys.ts'

const NAMES = ['waylay-webhook.waylay-system.svc']
const DAY_MS = 24 * 60 * 60 * 1000
const NOW_MS = Date.UTC(2026, 0, 1)

async function freshKeys (names = NAMES, nowMs = NOW_MS): Promise<Keys> {
  return (await mendKeys({}, names, nowMs)).keys
}

test('nothing stored makes all three parts', async t => {
  const { renewed } = await mendKeys({}, NAMES, NOW_MS)

  t.deepEqual(renewed, ['authority', 'serving', 'ticket-key'])
})

test('good keys are kept to the last byte', async t => {
  const keys = await freshKeys()

  const mended = await mendKeys(keys, NAMES, NOW_MS + 300 * DAY_MS)

  t.deepEqual(mended, { keys, renewed: [], restored: [] })
})

test('a serving certificate near its end is made anew under the same authority', async t => {
  const keys = await freshKeys()

  const mended = await mendKeys(keys, NAMES, NOW_MS + 340 * DAY_MS)

  t.deepEqual(mended.renewed, ['serving'])
  t.deepEqual(mended.keys.authority, keys.authority)
  t.is(mended.keys.ticketKey, keys.ticketKey)
})

test('an authority that has ended takes the serving certificate along but never the ticket key', async t => {
  const keys = await freshKeys()

  const mended = await mendKeys(keys, NAMES, NOW_MS + 3651 * DAY_MS)

  t.deepEqual(mended.renewed, ['authority', 'serving'])
  t.is(mended.keys.ticketKey, keys.ticketKey)
})

test('a certificate from the future is not trusted', async t => {
  t.deepEqual((await mendKeys(await freshKeys(), NAMES, NOW_MS - DAY_MS)).renewed, ['authority', 'serving'])
})

type Break = readonly [change: (keys: Keys, other: Keys) => Partial<Keys>, renewed: readonly string[]]

const breaks: Record<string, Break> = {
  'a certificate that is no PEM': [({ serving }) => ({ serving: { ...serving, certificate: 'x' } }), ['serving']],
  'a key of another certificate': [
    ({ serving }, other) => ({ serving: { ...serving, key: other.serving.key } }), ['serving']
  ],
  'a serving pair of another authority': [(_keys, { serving }) => ({ serving }), ['serving']],
  'a serving certificate as authority': [({ serving }) => ({ authority: serving }), ['authority', 'serving']],
  'a ticket key that is not Ed25519': [
    ({ serving }) => ({ ticketKey: serving.key }), ['ticket-key']
  ],
  'an empty ticket key': [() => ({ ticketKey: '' }), ['ticket-key']]
}
for (const [name, [change, renewed]] of Object.entries(breaks)) {
  test(`${name} is replaced and the rest is kept`, async t => {
    const [keys, other] = await Promise.all([freshKeys(), freshKeys()])

    t.deepEqual((await mendKeys({ ...keys, ...change(keys, other) }, NAMES, NOW_MS)).renewed, renewed)
  })
}

test('what is broken is taken from what the replica holds before it is made anew', async t => {
  const [held, other] = await Promise.all([freshKeys(), freshKeys()])

  const mended = await mendKeys({ ...held, authority: { ...held.authority, key: 'x' }, ticketKey: '' }, NAMES, NOW_MS, { keys: held, anchors: [] })
  t.deepEqual(mended, { keys: held, renewed: [], restored: ['authority', 'ticket-key'] })
  const late = await mendKeys({}, NAMES, NOW_MS + 3651 * DAY_MS, { keys: other, anchors: [] })
  t.deepEqual(late.renewed, ['authority', 'serving'])
  t.deepEqual(late.restored, ['ticket-key'])
})

test('under whom the replica serves stays among the previous, once', async t => {
  const [keys, other] = await Promise.all([freshKeys(), freshKeys()])
  const anchors = [other.authority.certificate, other.authority.certificate, keys.authority.certificate]

  t.deepEqual((await mendKeys(keys, NAMES, NOW_MS, { anchors })).keys.previous, [other.authority.certificate])
})

test('other names make a new serving certificate', async t => {
  t.deepEqual((await mendKeys(await freshKeys(), ['waylay-webhook.tools.svc'], NOW_MS)).renewed, ['serving'])
})

test('the serving certificate is for its names, for servers and for one year', async t => {
  const { serving, authority } = await freshKeys()
  const certificate = new X509Certificate(serving.certificate)

  t.is(certificate.subjectAltName, `DNS:${NAMES[0]}`)
  t.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  t.false(certificate.ca)
  t.is(certificate.validToDate.getTime(), NOW_MS + 365 * DAY_MS)
  t.true(certificate.verify(new X509Certificate(authority.certificate).publicKey))
})

test('all keys are as strong as the contract says', async t => {
  const keys = await freshKeys()

  t.is(createPrivateKey(keys.ticketKey).asymmetricKeyType, 'ed25519')
  t.is(createPrivateKey(keys.authority.key).asymmetricKeyDetails?.namedCurve, 'prime256v1')
  t.is(createPrivateKey(keys.serving.key).asymmetricKeyDetails?.namedCurve, 'prime256v1')
})

test('a foreign Ed25519 ticket key is kept, for pods know its public half', async t => {
  const ticketKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

  t.is((await mendKeys({ ticketKey }, NAMES, NOW_MS)).keys.ticketKey, ticketKey)
})
