import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { createPullSecretKeeper, type Copies, type Copy } from '../../../webhook/pull-secret/keeper.ts'
import { writtenMs } from '../../../webhook/cluster/pull-secret.ts'
import { createReadyImages } from '../../../webhook/pull-secret/ready-images.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import { aContext, aPod } from '../pods.ts'
import { quietLog } from '../quiet-log.ts'

const HOUR_MS = 60 * 60_000

/** Copies in memory, one for each namespace. */
function someCopies (stored: Record<string, Copy> = {}, refusal?: 'forbidden' | Error, nowMs = () => 0) {
  const writes: string[] = []
  const write = (kind: string, namespace: string, config: string): 'done' | 'forbidden' => {
    if (refusal instanceof Error) throw refusal
    if (refusal !== undefined) return refusal
    writes.push(`${kind} ${namespace}`)
    stored[namespace] = { config, isOurs: true, version: '1', writtenMs: nowMs() }
    return 'done'
  }
  const copies: Copies = {
    read: async namespace => stored[namespace],
    create: async (namespace, config) => write('create', namespace, config),
    replace: async (namespace, config) => write('replace', namespace, config)
  }
  return { copies, writes, stored }
}

/** A replica that has run for an hour. */
function aKeeper (copies: Copies, source: () => string | undefined = () => 'login') {
  let nowMs = HOUR_MS
  const { log } = quietLog()
  const readSource = async () => source()
  const prepare = createPullSecretKeeper({ readSource, copies, nowMs: () => nowMs, monotonicMs: () => nowMs, log })
  return { prepare, pass: (ms: number) => { nowMs += ms } }
}

test('a namespace gets one copy, however many pods ask for it', async t => {
  const { copies, writes } = someCopies()
  const { prepare } = aKeeper(copies)

  t.deepEqual(await Promise.all([prepare('shop'), prepare('shop'), prepare('bank')]), ['ready', 'ready', 'ready'])
  t.deepEqual(writes.sort(), ['create bank', 'create shop'])
})

test('a new password reaches the copy within a minute', async t => {
  let source = 'old'
  const { copies, writes, stored } = someCopies()
  const { prepare, pass } = aKeeper(copies, () => source)
  await prepare('shop')
  source = 'new'

  await prepare('shop')
  t.is(stored['shop']?.config, 'old')
  pass(60_000)
  await prepare('shop')
  await setImmediate()

  t.is(stored['shop']?.config, 'new')
  t.deepEqual(writes, ['create shop', 'replace shop'])
})

test('replicas whose mounts differ do not write over each other', async t => {
  let passedMs = HOUR_MS
  const { copies, writes, stored } = someCopies({}, undefined, () => passedMs)
  stored['shop'] = { config: 'old', isOurs: true, version: '1', writtenMs: 0 }
  const sources = { fresh: 'new', stale: 'old' }
  const fresh = aKeeper(copies, () => sources.fresh)
  const stale = aKeeper(copies, () => sources.stale)
  const pass = async (ms: number): Promise<void> => {
    passedMs += ms
    for (const replica of [fresh, stale]) {
      replica.pass(ms)
      await replica.prepare('shop')
      await setImmediate()
    }
  }

  await pass(0)
  t.is(stored['shop'].config, 'new')
  await pass(60_000)
  await pass(60_000)
  t.deepEqual(writes, ['replace shop'], 'the stale one leaves it')

  sources.stale = 'new'
  await pass(60_000)
  await pass(60_000)
  t.deepEqual(writes, ['replace shop'])
  sources.fresh = 'newest'
  await pass(60_000)
  t.is(stored['shop'].config, 'newest')
})

test('an object was written when its last writer says, or when it was made', t => {
  const made = new Date(1000)

  t.is(writtenMs({ creationTimestamp: made }), 1000)
  const managedFields = [{ time: new Date(3000) }, { time: new Date(2000) }, {}]
  t.is(writtenMs({ creationTimestamp: made, managedFields }), 3000)
})

test('somebody\'s own Secret of that name is left alone', async t => {
  const { copies, writes } = someCopies({ shop: { config: 'theirs', isOurs: false, version: '1', writtenMs: 0 } })

  t.is(await aKeeper(copies).prepare('shop'), 'ready')
  t.deepEqual(writes, [])
})

test('a Secret that is not there yet is looked for with the next pod', async t => {
  const sources = [undefined, 'login']
  const { copies } = someCopies()
  const { prepare } = aKeeper(copies, () => sources.shift())

  t.is(await prepare('shop'), 'missing')
  t.is(await prepare('shop'), 'ready')
})

test('a copy that was good stays good while the API server is slow', async t => {
  const { copies } = someCopies()
  let read: Copies['read'] = copies.read
  const { prepare, pass } = aKeeper({ ...copies, read: async namespace => await read(namespace) })
  await prepare('shop')

  for (const slow of [new Promise<never>(() => {}), Promise.reject(new Error('timed out'))]) {
    slow.catch(() => {})
    read = async () => await slow
    pass(60_000)
    t.is(await prepare('shop'), 'ready')
    await setImmediate()
    t.is(await prepare('shop'), 'ready')
  }
  t.is(await prepare('bank'), 'failed', 'nobody knows of a copy there')
})

test('a source or a right that is gone is noticed with the pod after next', async t => {
  for (const [source, answer] of [[undefined, 'missing'], ['login', 'forbidden']] as const) {
    const { copies } = someCopies()
    const sources = ['login', source, source]
    let read: Copies['read'] = copies.read
    const reading: Copies = { ...copies, read: async namespace => await read(namespace) }
    const { prepare, pass } = aKeeper(reading, () => sources.shift())
    await prepare('shop')
    read = async () => 'forbidden'
    pass(60_000)

    t.is(await prepare('shop'), 'ready')
    await setImmediate()
    t.is(await prepare('shop'), answer)
  }
})

test('a refusal and a failure are told apart, and neither throws', async t => {
  t.is(await aKeeper(someCopies({}, 'forbidden').copies).prepare('shop'), 'forbidden')
  t.is(await aKeeper(someCopies({}, new Error('no answer')).copies).prepare('shop'), 'failed')
})

for (const [readiness, kind] of [['ready', 'inject'], ['forbidden', 'inject'], ['missing', 'skip'], ['failed', 'skip']] as const) {
  test(`a pod whose pull secret is ${readiness} leads to ${kind}`, async t => {
    const ready = createReadyImages({ name: 'login', systemNamespace: 'waylay-system', prepare: async () => readiness })
    const injected = planInjection(aPod(), aContext())

    const plan = await ready({ namespace: 'shop', dryRun: false }, injected)

    t.is(injected.kind, 'inject')
    t.is(plan.kind, kind)
    const said = plan.kind === 'skip' ? plan.warning ?? '' : plan.kind === 'inject' ? plan.warnings.join() : ''
    t.is(/images|Secret/.test(said), readiness !== 'ready', said)
  })
}

test('a dry run and a pod that is skipped ask for no copy', async t => {
  const ready = createReadyImages({
    name: 'login', systemNamespace: 'waylay-system', prepare: async () => { throw new Error('asked') }
  })
  const injected = planInjection(aPod(), aContext())

  t.is(await ready({ namespace: 'shop', dryRun: true }, injected), injected)
  const skipped = { kind: 'skip', reason: { kind: 'disabled' } } as const
  t.is(await ready({ namespace: 'shop', dryRun: false }, skipped), skipped)
})
