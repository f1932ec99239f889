import test from 'ava'
import { createBypasses, type BypassStore } from '../../../webhook/bypass/bypasses.ts'
import { quietLog } from '../quiet-log.ts'

const TROUBLE = { namespace: 'shop', workload: 'deployment/payments', why: 'refused' }

/** A ConfigMap as the API server keeps one. */
function aStore (): BypassStore & { text: string | undefined, writes: number, conflicts: number, isAway: boolean } {
  let version = 0
  const store = {
    text: undefined as string | undefined,
    writes: 0,
    conflicts: 0,
    isAway: false,
    read: async () => {
      if (store.isAway) throw new Error('away')
      return store.text === undefined ? undefined : { text: store.text, version: String(version) }
    },
    create: async (text: string) => {
      if (store.text !== undefined) return false
      return write(text)
    },
    replace: async (text: string, seen: string) => {
      if (store.conflicts > 0) {
        store.conflicts--
        version++
      }
      if (seen !== String(version)) return false
      return write(text)
    }
  }
  function write (text: string): boolean {
    store.text = text
    store.writes++
    version++
    return true
  }
  return store
}

function aReplica (store: BypassStore) {
  const { log, events } = quietLog()
  return { ...createBypasses({ store, sidecarImage: 'sidecar:1', nowMs: () => 1_000_000, log }), events }
}

test('a bypass holds here at once and in the other replica after the record', async t => {
  const store = aStore()
  const [one, other] = [aReplica(store), aReplica(store)]

  const adding = one.add(TROUBLE)
  t.regex(one.find('shop', 'deployment/payments')?.why ?? '', /^refused; its pods come without waylay until 1970-/)
  await adding
  t.is(other.find('shop', 'deployment/payments'), undefined)
  other.load(store.text ?? '')

  t.truthy(other.find('shop', 'deployment/payments'))
  t.is(other.find('shop', 'deployment/ledger'), undefined)
})

test('what two replicas record at the same time is kept of both', async t => {
  const store = aStore()
  const [one, other] = [aReplica(store), aReplica(store)]
  await Promise.all([one.add(TROUBLE), other.add({ ...TROUBLE, workload: 'job/x' }), other.add(TROUBLE)])
  store.conflicts = 2
  await one.add({ ...TROUBLE, workload: 'job/y' })

  one.load(store.text ?? '')
  t.deepEqual(one.active().map(({ workload }) => workload).sort(), ['deployment/payments', 'job/x', 'job/y'])
  t.true(one.active().every(({ times }) => times === 1))
})

test('a load does not undo what is on its way', async t => {
  const store = aStore()
  const one = aReplica(store)
  const adding = one.add(TROUBLE)
  one.load('')
  t.truthy(one.find('shop', 'deployment/payments'))
  await adding

  one.load('')
  t.is(one.find('shop', 'deployment/payments'), undefined)
})

test('a record that cannot be written is kept here and said', async t => {
  const store = aStore()
  store.isAway = true
  const one = aReplica(store)
  await one.add(TROUBLE)

  t.truthy(one.find('shop', 'deployment/payments'))
  t.deepEqual(one.events, ['warn bypass.unwritten'])
})

test('many troubles at once are written together', async t => {
  const store = aStore()
  const one = aReplica(store)
  await Promise.all(Array.from({ length: 100 }, (_, index) => one.add({ ...TROUBLE, namespace: `shop-${index}` })))

  t.is(one.active().length, 100)
  t.true(store.writes <= 2)
})

test('one trouble too many of a namespace returns what holds for all of it', async t => {
  const one = aReplica(aStore())
  const added = await Promise.all(Array.from({ length: 31 }, (_, index) => one.add({ ...TROUBLE, workload: `job/${index}` })))

  t.like(added.at(-1), { namespace: 'shop', workload: undefined })
  t.is(one.active().length, 1)
})

test('what is taken back is gone from the record', async t => {
  const store = aStore()
  const one = aReplica(store)
  const entry = await one.add(TROUBLE)
  if (entry !== undefined) await one.takeBack(entry)

  t.is(one.find('shop', 'deployment/payments'), undefined)
  t.is(store.text, '')
})
