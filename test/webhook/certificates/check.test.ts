import test from 'ava'
import { makeAuthority, makeServing } from '../../../webhook/certificates/x509.ts'
import { NAMES, Rig, START_MS } from './rig.ts'

/** Two replicas that have run for a while. */
async function settled (): Promise<Rig> {
  const rig = new Rig()
  rig.start()
  rig.start()
  await rig.run(10_000, 1000)
  return rig
}

test('two replicas that start together end with the same keys', async t => {
  const rig = new Rig()
  const [one, two] = [rig.start(), rig.start()]

  await Promise.all([one.check(), two.check()])
  await rig.run(3000, 1000)

  t.deepEqual(one.keys, two.keys)
  t.is(one.serial, two.serial)
  t.true(one.isTrusted && two.isTrusted)
  t.is(rig.writes, 2)
})

test('a replica that starts is ready once the bundle has held for a second', async t => {
  for (const rig of [new Rig(), await settled()]) {
    const replica = rig.start()

    t.is(await replica.check(), 1000)
    t.truthy(replica.served)
    t.false(replica.isTrusted)
    rig.nowMs += 999
    t.is(await replica.check(), 1)
    t.false(replica.isTrusted)
    rig.nowMs += 1
    await replica.check()
    t.true(replica.isTrusted)
  }
})

test('a caBundle that somebody empties leaves a replica ready that was so', async t => {
  const rig = await settled()
  rig.writeBundle([])

  for (const replica of rig.replicas) {
    await replica.check()
    t.true(replica.isTrusted)
  }
})

test('a quiet installation is looked at every minute and not written', async t => {
  const rig = await settled()
  const { writes } = rig

  const due = await rig.replicas[0]?.check()

  t.is(due, 60_000)
  t.is(rig.writes, writes)
})

test('what others keep in the Secret and its metadata stays', async t => {
  const rig = await settled()
  rig.writeSecret({ ...rig.secret?.entries, 'note.txt': 'theirs' }, { team: 'platform', 'waylay.dev/rotate': '1' })

  await rig.run(20_000, 1000)

  t.is(rig.secret?.entries['note.txt'], 'theirs')
  t.deepEqual(rig.secret?.annotations, { team: 'platform', 'waylay.dev/rotate': '1', 'waylay.dev/rotated': '1' })
})

test('a Secret that is deleted is put back as it was, ticket key and all', async t => {
  const rig = await settled()
  const before = rig.secret?.entries
  rig.secret = undefined

  await rig.run(3000, 1000, () => { rig.mustBeTrusted(t) })

  t.deepEqual(rig.secret as unknown, { entries: before, annotations: {}, version: 1 })
  t.deepEqual(rig.replicas.flatMap(({ events }) => events).filter(event => event.includes('restored')), ['warn keys.restored'])
})

for (const name of ['ca.crt', 'ca.key', 'tls.crt', 'tls.key', 'ticket.key']) {
  test(`a broken ${name} is mended from what the replicas hold`, async t => {
    const rig = await settled()
    const before = rig.secret?.entries
    rig.writeSecret({ ...before, [name]: 'broken' })

    await rig.run(20_000, 1000, () => { rig.mustBeTrusted(t) })

    t.deepEqual(rig.secret?.entries, before)
  })
}

test('a Secret filled by hand with other keys is served once they have been made known', async t => {
  const rig = await settled()
  const authority = await makeAuthority(START_MS)
  const serving = await makeServing(authority, NAMES, START_MS)
  rig.writeSecret({
    ...rig.secret?.entries, 'ca.crt': authority.certificate, 'ca.key': authority.key, 'tls.crt': serving.certificate, 'tls.key': serving.key
  })

  await rig.run(20_000, 500, () => { rig.mustBeTrusted(t) })

  for (const { served } of rig.replicas) t.deepEqual(served?.pair, serving)
})

test('a caBundle that somebody empties is written again at the next look', async t => {
  const rig = await settled()
  const before = rig.bundle
  rig.writeBundle([])

  await rig.run(1000, 1000)

  t.deepEqual(rig.bundle, before)
})

test('a caBundle with a stranger\'s authority loses it', async t => {
  const rig = await settled()
  const before = rig.bundle
  rig.writeBundle([...before, (await makeAuthority(START_MS)).certificate])

  await rig.run(1000, 1000)

  t.deepEqual(rig.bundle, before)
})

test('API servers whose clocks are 50 minutes apart make no replica renew', async t => {
  const rig = new Rig()
  const ahead = rig.start({ clockAheadMs: 25 * 60_000 })
  const behind = rig.start({ clockAheadMs: -25 * 60_000 })
  await ahead.check()
  const { entries } = rig.secret ?? {}

  await rig.run(30_000, 1000)

  t.deepEqual(rig.secret?.entries, entries)
  t.is(ahead.serial, behind.serial)
})

test('a Secret that others change all the time ends in an error with a code', async t => {
  const rig = await settled()
  rig.ask('1')
  const replica = rig.start({ onWrite: when => { if (when === 'before') rig.writeSecret(rig.secret?.entries ?? {}) } })

  await t.throwsAsync(replica.check(), { code: 'WAYLAY_CERTIFICATE_INVALID' })
})
