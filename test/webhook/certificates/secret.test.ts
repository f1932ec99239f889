import test from 'ava'
import { loadKeys, type KeyStore, type SecretEntries } from '../../../webhook/certificates/secret.ts'

const NAMES = ['waylay-webhook.waylay-system.svc']
const ignore = () => undefined

/** A Secret in memory, with a version that every write raises. */
function memoryStore (): KeyStore & { entries: SecretEntries | undefined, writes: number } {
  let version = 0
  return {
    entries: undefined,
    writes: 0,
    async read () { return this.entries && { entries: this.entries, version: String(version) } },
    async create (entries) {
      if (this.entries !== undefined) return false
      version += 1
      this.writes += 1
      this.entries = entries
      return true
    },
    async replace (entries, expected) {
      if (expected !== String(version)) return false
      version += 1
      this.writes += 1
      this.entries = entries
      return true
    }
  }
}

test('two replicas that start together end with the same keys', async t => {
  const store = memoryStore()

  const [one, two] = await Promise.all([
    loadKeys(store, NAMES, Date.now(), ignore), loadKeys(store, NAMES, Date.now(), ignore)
  ])

  t.deepEqual(one, two)
  t.is(store.writes, 1)
})

test('keys that are good are read and not written', async t => {
  const store = memoryStore()
  await loadKeys(store, NAMES, Date.now(), ignore)

  await loadKeys(store, NAMES, Date.now(), () => t.fail())

  t.is(store.writes, 1)
})

test('a broken entry is mended in place and told by name', async t => {
  const store = memoryStore()
  const before = await loadKeys(store, NAMES, Date.now(), ignore)
  store.entries = { ...store.entries, 'tls.crt': 'broken' }

  const after = await loadKeys(store, NAMES, Date.now(), parts => t.deepEqual(parts, ['serving']))

  t.is(after.ticketKey, before.ticketKey)
  t.deepEqual(after.authority, before.authority)
})

test('entries that others change all the time end in an error with a code', async t => {
  const store = { ...memoryStore(), create: async () => false }

  await t.throwsAsync(loadKeys(store, NAMES, Date.now(), ignore), { code: 'WAYLAY_CERTIFICATE_INVALID' })
})
