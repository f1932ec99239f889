import test from 'ava'
import { fingerprint } from '../../../webhook/certificates/pem.ts'
import { readSupplied, type Served } from '../../../webhook/certificates/supplied.ts'
import { makeAuthority, makeServing } from '../../../webhook/certificates/x509.ts'
import { NAMES, Rig, START_MS } from './rig.ts'

const [NAME] = NAMES as [string]
const DAY_MS = 24 * 60 * 60 * 1000
const authority = await makeAuthority(START_MS)
const serving = await makeServing(authority, NAMES, START_MS)
const ended = await makeServing(authority, NAMES, START_MS - 366 * DAY_MS)
const other = await makeServing(await makeAuthority(START_MS), NAMES, START_MS)
const elsewhere = await makeServing(authority, ['waylay-webhook.tools.svc'], START_MS)
const GOOD = { 'ca.crt': authority.certificate, 'tls.crt': serving.certificate, 'tls.key': serving.key }

test('a certificate with its key and authority is read as it is', t => {
  t.deepEqual(readSupplied('tls', GOOD, NAME, START_MS), { pair: serving, anchors: [`${authority.certificate}\n`] })
})

test('without a ca.crt nobody is named whom to trust', t => {
  t.deepEqual(readSupplied('tls', { ...GOOD, 'ca.crt': '' }, NAME, START_MS).anchors, [])
})

const faults: Record<string, readonly [entries: Record<string, string> | undefined, says: RegExp]> = {
  'a Secret that is not there': [undefined, /is not there/],
  'a Secret without a key': [{ ...GOOD, 'tls.key': '' }, /no tls.crt or no tls.key/],
  'a certificate that is no PEM': [{ ...GOOD, 'tls.crt': 'x' }, /tls.crt that is no certificate/],
  'a key that is no PEM': [{ ...GOOD, 'tls.key': 'x' }, /tls.key that is no private key/],
  'a key of another certificate': [{ ...GOOD, 'tls.key': other.key }, /not the key of its tls.crt/],
  'a certificate for another name': [
    { ...GOOD, 'tls.crt': elsewhere.certificate, 'tls.key': elsewhere.key },
    /is for DNS:waylay-webhook.tools.svc, and must be for DNS:waylay-webhook.waylay-system.svc/
  ],
  'a certificate that has ended': [{ ...GOOD, 'tls.crt': ended.certificate, 'tls.key': ended.key }, /ended at 2025-12-31T/],
  'a ca.crt that is no PEM': [{ ...GOOD, 'ca.crt': 'x' }, /ca.crt that holds no certificate/],
  'a ca.crt of somebody else': [{ ...GOOD, 'tls.crt': other.certificate, 'tls.key': other.key }, /ca.crt did not issue/]
}
for (const [name, [entries, says]] of Object.entries(faults)) {
  test(`${name} is refused with a code, and the reason`, t => {
    const error = t.throws(() => readSupplied('tls', entries, NAME, START_MS), { code: 'WAYLAY_CERTIFICATE_SUPPLIED' })
    t.regex(error.message, says)
    t.regex(error.message, /^The Secret tls /)
  })
}

test('a certificate that begins tomorrow is refused today', t => {
  t.throws(() => readSupplied('tls', GOOD, NAME, START_MS - DAY_MS), { message: /begins only at/ })
})

/** A replica of a Deployment whose setting names a Secret; what is in the Secret may change. */
function supply (rig: Rig, first: Served | Error) {
  let supplied = first
  const replica = rig.start({
    readSupplied: async () => {
      if (supplied instanceof Error) throw supplied
      return supplied
    }
  })
  return { replica, put: (next: Served | Error) => { supplied = next } }
}

const SUPPLIED: Served = { pair: serving, anchors: [authority.certificate] }

test('a rollout to a supplied certificate and back leaves no moment without trust', async t => {
  const rig = new Rig()
  const own = rig.start()
  await rig.run(10_000, 1000)

  const { replica } = supply(rig, SUPPLIED)
  await rig.run(10_000, 500, () => { rig.mustBeTrusted(t, [0]) })
  t.deepEqual(replica.served?.pair, serving)
  rig.replicas.splice(0, 1)
  await rig.run(400_000, 20_000, () => { rig.mustBeTrusted(t) })
  t.true(rig.bundle.map(fingerprint).includes(fingerprint(authority.certificate)))

  const back = rig.start()
  await rig.run(10_000, 500, () => { rig.mustBeTrusted(t) })
  t.is(back.serial, own.serial)
  rig.replicas.splice(0, 1)
  await rig.run(320_000, 20_000, () => { rig.mustBeTrusted(t) })
  t.is(rig.bundle.length, 1)
})

test('a supplied certificate of a new authority is served once that is known', async t => {
  const rig = new Rig()
  const { replica, put } = supply(rig, SUPPLIED)
  await rig.run(10_000, 1000)
  const next = await makeAuthority(START_MS)
  const pair = await makeServing(next, NAMES, START_MS)
  put({ pair, anchors: [next.certificate] })

  await rig.run(4500, 500, () => { rig.mustBeTrusted(t) })
  t.deepEqual(replica.served?.pair, serving)
  await rig.run(5000, 500, () => { rig.mustBeTrusted(t) })
  t.deepEqual(replica.served?.pair, pair)
})

test('a bad one at the start leaves the replica not ready, but with keys for tickets', async t => {
  const rig = new Rig()
  const { replica } = supply(rig, new Error('has no tls.key'))

  await t.throwsAsync(replica.check(), { message: 'has no tls.key' })
  t.false(replica.isTrusted)
  t.is(replica.served, undefined)
  t.truthy(replica.keys?.ticketKey)
})

test('one that turns bad leaves the last good one in use, and trusted', async t => {
  const rig = new Rig()
  const { replica, put } = supply(rig, SUPPLIED)
  await rig.run(5000, 1000)
  put(new Error('has no tls.key'))
  const { bundle } = rig
  rig.writeBundle([])

  await t.throwsAsync(replica.check(), { message: 'has no tls.key' })
  t.deepEqual(replica.served?.pair, serving)
  t.deepEqual(rig.bundle.map(fingerprint).sort(), bundle.map(fingerprint).sort())
})

test('a caBundle that cert-manager writes is never written by us', async t => {
  const rig = new Rig()
  rig.isInjected = true
  const { replica } = supply(rig, SUPPLIED)

  await t.throwsAsync(replica.check(), { code: 'WAYLAY_CERTIFICATE_SUPPLIED', message: /caBundle .* holds no authority/ })
  t.false(replica.isTrusted)
  rig.writeBundle([authority.certificate])
  await rig.run(2000, 1000)
  t.true(replica.isTrusted)
  t.deepEqual(rig.bundle, [authority.certificate])
})

test('without a ca.crt the caBundle is the administrator\'s, and must fit', async t => {
  const rig = new Rig()
  const { replica } = supply(rig, { pair: serving, anchors: [] })

  await t.throwsAsync(replica.check(), { code: 'WAYLAY_CERTIFICATE_SUPPLIED' })
  rig.writeBundle([authority.certificate])
  await rig.run(2000, 1000)
  t.true(replica.isTrusted)
  t.true(rig.secret?.entries['ca-previous.crt']?.includes(authority.certificate.trim()))
})

for (const [state, supplied] of [['good', SUPPLIED], ['bad by now', new Error('has no tls.key')]] as const) {
  test(`a replica whose certificate is ${state} and no longer trusted is not ready`, async t => {
    const rig = new Rig()
    rig.isInjected = true
    rig.writeBundle([authority.certificate])
    const { replica, put } = supply(rig, SUPPLIED)
    await rig.run(3000, 1000)
    t.true(replica.isTrusted)

    put(supplied)
    rig.writeBundle([(await makeAuthority(START_MS)).certificate])
    await t.throwsAsync(replica.check())
    t.false(replica.isTrusted)

    put(SUPPLIED)
    rig.writeBundle([authority.certificate])
    await rig.run(3000, 1000)
    t.true(replica.isTrusted)
  })
}

test('a rotation ends though the bundle is cert-manager\'s, and touches nothing served', async t => {
  const rig = new Rig()
  rig.isInjected = true
  rig.writeBundle([authority.certificate])
  const { replica } = supply(rig, SUPPLIED)
  await rig.run(3000, 1000)
  const before = replica.keys?.authority
  rig.ask('now')

  t.is(await replica.check(), 0)
  await replica.check()

  t.is(rig.secret?.annotations['waylay.dev/rotated'], 'now')
  t.notDeepEqual(replica.keys?.authority, before)
  t.deepEqual(replica.served?.pair, serving)
  await rig.run(400_000, 20_000, () => { rig.mustBeTrusted(t, [0]) })
  t.is(rig.secret?.entries['ca-next.crt'], undefined)
  t.deepEqual(rig.bundle, [authority.certificate])
})

test('while the supplied one is bad, nothing is promoted that the API server does not know', async t => {
  const rig = new Rig()
  rig.start()
  await rig.run(10_000, 1000)
  const { replica } = supply(rig, new Error('has no tls.key'))
  rig.replicas.splice(0)
  rig.ask('now')

  for (let look = 0; look < 5; look += 1) await t.throwsAsync(replica.check())
  t.is(rig.secret?.annotations['waylay.dev/rotated'], undefined)
})
