import test from 'ava'
import { fingerprint, splitCertificates } from '../../../webhook/certificates/pem.ts'
import { Rig, type Replica } from './rig.ts'

async function settled (replicas = 2): Promise<Rig> {
  const rig = new Rig()
  for (let index = 0; index < replicas; index += 1) rig.start()
  await rig.run(10_000, 1000)
  return rig
}

const serialsOf = (rig: Rig): readonly string[] => rig.replicas.map(({ serial }) => serial)
const DAY_MS = 24 * 60 * 60 * 1000

test('the next authority is in the bundle for five seconds before it signs what is served', async t => {
  const rig = await settled()
  const [before, secret] = [serialsOf(rig), rig.secret]
  rig.ask('now')

  await rig.run(4500, 500, () => { rig.mustBeTrusted(t) })
  t.is(rig.bundle.length, 2)
  t.deepEqual(serialsOf(rig), before)
  t.is(rig.secret?.annotations['waylay.dev/rotating'], 'now')

  await rig.run(2000, 500, () => { rig.mustBeTrusted(t) })
  const after = serialsOf(rig)
  t.not(after[0], before[0])
  t.is(after[0], after[1])
  t.is(rig.secret?.annotations['waylay.dev/rotated'], 'now')
  t.is(rig.secret?.entries['ca-next.crt'], undefined)
  t.is(rig.secret?.entries['ticket.key'], secret?.entries['ticket.key'])
})

test('the previous authority leaves the bundle five minutes later, and its key at once', async t => {
  const rig = await settled()
  const first = rig.secret?.entries
  rig.ask('now')
  await rig.run(10_000, 500)

  t.true(rig.bundle.map(fingerprint).includes(fingerprint(first?.['ca.crt'] ?? '')))
  t.false(JSON.stringify(rig.secret?.entries).includes(JSON.stringify(first?.['ca.key']).slice(1, -1)))

  await rig.run(290_000, 10_000)
  t.is(rig.bundle.length, 2)
  await rig.run(20_000, 5000, () => { rig.mustBeTrusted(t) })
  t.deepEqual(rig.bundle.map(fingerprint), [fingerprint(rig.secret?.entries['ca.crt'] ?? '')])
  t.is(rig.secret?.entries['ca-previous.crt'], undefined)
})

test('rotations asked for every ten seconds leave no moment without trust', async t => {
  const rig = await settled()
  const serials = new Set<string>()
  for (let second = 0; second < 120; second += 10) {
    rig.ask(String(second))
    await rig.run(10_000, 1000, () => {
      rig.mustBeTrusted(t)
      for (const serial of serialsOf(rig)) serials.add(serial)
    })
  }

  t.is(serials.size, 13)
  t.is(rig.secret?.annotations['waylay.dev/rotated'], '110')
})

test('a value that comes during a rotation gets one of its own', async t => {
  const rig = await settled()
  rig.ask('one')
  await rig.run(2000, 500)
  rig.ask('two')

  await rig.run(4500, 500)
  t.is(rig.secret?.annotations['waylay.dev/rotated'], 'one')
  await rig.run(6000, 500, () => { rig.mustBeTrusted(t) })
  t.like(rig.secret?.annotations, { 'waylay.dev/rotated': 'two' })
  t.is(splitCertificates(rig.secret?.entries['ca-previous.crt'] ?? '').length, 2)
})

test('an authority near its end is followed by the next without a word', async t => {
  const rig = await settled()
  const [before] = serialsOf(rig)
  rig.nowMs += 3500 * DAY_MS

  await rig.run(10_000, 500, () => { rig.mustBeTrusted(t) })

  t.not(serialsOf(rig)[0], before)
  t.is(splitCertificates(rig.secret?.entries['ca-previous.crt'] ?? '').length, 1)
})

test('a caBundle that is reset during a rotation starts the wait anew', async t => {
  const rig = await settled()
  const [before] = serialsOf(rig)
  const { bundle } = rig
  rig.ask('now')
  await rig.run(4000, 500)
  rig.writeBundle(bundle)

  await rig.run(4500, 500, () => { rig.mustBeTrusted(t) })
  t.is(serialsOf(rig)[0], before)
  await rig.run(2000, 500, () => { rig.mustBeTrusted(t) })
  t.not(serialsOf(rig)[0], before)
})

test('a replica that was cut off meanwhile stays trusted until it has caught up', async t => {
  const rig = await settled()
  const [one, two] = rig.replicas as [Replica, Replica]
  const stale = two.serial
  rig.ask('now')
  for (let second = 0; second < 400; second += 4) {
    rig.nowMs += 4000
    await one.check()
  }
  t.is(rig.bundle.length, 1)

  await two.check()
  rig.mustBeTrusted(t, [0])
  t.is(two.serial, stale)
  rig.nowMs += 6000
  await two.check()
  t.is(two.serial, one.serial)
})

// Each write of a rotation, as the place where the replica that makes it dies: just before, or just after.
for (const when of ['before', 'after'] as const) {
  for (let nth = 1; nth <= 4; nth += 1) {
    test(`a replica that dies ${when} write ${nth} of a rotation leaves one that ends it`, async t => {
      const rig = await settled(0)
      let writes = 0
      const dying = rig.start({
        onWrite: at => {
          if (rig.secret?.annotations['waylay.dev/rotate'] === undefined || at !== when) return
          writes += 1
          if (writes === nth) throw new Error('killed')
        }
      })
      await rig.run(6000, 500)
      rig.ask('now')
      await t.throwsAsync((async () => {
        await rig.run(10_000, 500)
        await rig.run(310_000, 10_000)
      })(), { message: 'killed' })
      rig.replicas.splice(rig.replicas.indexOf(dying), 1)
      const heir = rig.start()

      await rig.run(10_000, 500, () => { rig.mustBeTrusted(t) })
      await rig.run(310_000, 10_000, () => { rig.mustBeTrusted(t) })

      t.is(rig.secret?.annotations['waylay.dev/rotated'], 'now')
      t.is(rig.bundle.length, 1)
      t.true(heir.isTrusted)
    })
  }
}

test('a broken next authority is dropped and the rotation begins again', async t => {
  const rig = await settled()
  rig.ask('now')
  await rig.run(2000, 500)
  rig.writeSecret({ ...rig.secret?.entries, 'ca-next.key': 'broken' })

  await rig.run(12_000, 500, () => { rig.mustBeTrusted(t) })

  t.is(rig.secret?.annotations['waylay.dev/rotated'], 'now')
})

test('a serving certificate near its end is made anew under the same authority at once', async t => {
  const rig = await settled()
  const { authority } = rig.replicas[0]?.keys ?? {}
  const before = serialsOf(rig)
  rig.nowMs += 340 * DAY_MS

  await rig.run(1000, 500, () => { rig.mustBeTrusted(t) })

  t.deepEqual(rig.replicas[1]?.keys?.authority, authority)
  t.is(new Set([...before, ...serialsOf(rig)]).size, 2)
})
