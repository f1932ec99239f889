import test from 'ava'
import {
  addEntry, findEntry, FIRST_BYPASS_MS, parseRecord, writeRecord, type BypassEntry
} from '../../../webhook/bypass/record.ts'

const NOW_MS = Date.parse('2026-01-15T12:00:00Z')
const TROUBLE = { namespace: 'shop', workload: 'deployment/payments', why: 'refused' }
const POD = { namespace: 'shop', workload: 'deployment/payments', image: 'sidecar:1' }
const MINUTE_MS = 60_000

test('a recorded workload is found until its time is over', t => {
  const entries = addEntry([], TROUBLE, NOW_MS)

  t.like(findEntry(entries, POD, NOW_MS + FIRST_BYPASS_MS - 1), { why: 'refused', times: 1 })
  t.is(findEntry(entries, POD, NOW_MS + FIRST_BYPASS_MS), undefined)
  t.is(findEntry(entries, { ...POD, workload: 'deployment/ledger' }, NOW_MS), undefined)
  t.is(findEntry(entries, { ...POD, namespace: 'bank' }, NOW_MS), undefined)
})

test('a recorded namespace means all of its workloads', t => {
  const entries = addEntry([], { namespace: 'shop', why: 'image' }, NOW_MS)

  t.truthy(findEntry(entries, POD, NOW_MS))
  t.is(findEntry(entries, { ...POD, namespace: 'bank' }, NOW_MS), undefined)
})

test('an image that was the trouble says nothing about another one', t => {
  const entries = addEntry([], { namespace: 'shop', why: 'image', image: 'sidecar:1' }, NOW_MS)

  t.truthy(findEntry(entries, POD, NOW_MS))
  t.is(findEntry(entries, { ...POD, image: 'sidecar:2' }, NOW_MS), undefined)
})

test('trouble with an earlier image leaves what is known of the present one', t => {
  const present = addEntry([], { ...TROUBLE, image: 'sidecar:1' }, NOW_MS)
  const entries = addEntry(addEntry(present, { ...TROUBLE, image: 'sidecar:0' }, NOW_MS + 1), TROUBLE, NOW_MS + 2)

  t.is(entries.length, 3)
  t.like(findEntry(entries.filter(({ image }) => image !== undefined), POD, NOW_MS + 3), { image: 'sidecar:1', times: 1 })
})

test('the same trouble within a minute is one, whoever records it', t => {
  const entries = addEntry([], TROUBLE, NOW_MS)

  t.is(addEntry(entries, TROUBLE, NOW_MS + 59_000), entries)
})

test('trouble that comes back lasts twice as long each time, up to six hours', t => {
  let entries: readonly BypassEntry[] = []
  let nowMs = NOW_MS
  const minutes = Array.from({ length: 8 }, () => {
    entries = addEntry(entries, TROUBLE, nowMs)
    const untilMs = entries[0]?.untilMs ?? 0
    const lasted = (untilMs - nowMs) / MINUTE_MS
    nowMs = untilMs + 1000
    return lasted
  })

  t.deepEqual(minutes, [10, 20, 40, 80, 160, 320, 360, 360])
  t.is(entries.length, 1)
})

test('trouble after a long peace begins anew, and what is long over is dropped', t => {
  const entries = addEntry([], TROUBLE, NOW_MS)
  const later = addEntry(entries, TROUBLE, NOW_MS + 2 * FIRST_BYPASS_MS + 1)
  t.is(later[0]?.times, 1)

  const other = addEntry(entries, { ...TROUBLE, workload: 'job/x' }, NOW_MS + 2 * FIRST_BYPASS_MS + 1)
  t.deepEqual(other.map(({ workload }) => workload), ['job/x'])
})

test('a full record keeps what was just added and drops what is over, then the oldest', t => {
  let entries = addEntry([], { namespace: 'over', why: 'x', firstMs: 350 }, NOW_MS)
  for (let index = 1; index < 300; index++) {
    entries = addEntry(entries, { namespace: `n${index}`, why: 'x'.repeat(900), firstMs: 1_000_000 }, NOW_MS + index)
  }
  const shortest = { namespace: 'added', why: 'x', firstMs: 1000 }
  const names = (): readonly string[] => entries.map(({ namespace }) => namespace)

  t.true(names().includes('over'))
  entries = addEntry(entries, shortest, NOW_MS + 400)
  t.deepEqual([entries.length, names().includes('added'), names().includes('over')], [300, true, false])
  entries = addEntry(entries, { ...shortest, namespace: 'added too' }, NOW_MS - 1)
  t.deepEqual([entries.length, names().includes('added too'), names().includes('n1')], [300, true, false])
  t.true(writeRecord(entries).length < 200_000)
})

test('many workloads of a namespace become one entry that holds for all', t => {
  let entries = addEntry([], { namespace: 'bank', workload: 'job/x', why: 'refused' }, NOW_MS)
  for (let index = 0; index < 31; index++) {
    entries = addEntry(entries, { namespace: 'shop', workload: `job/${index}`, why: 'refused', firstMs: 1000 * (40 - index) }, NOW_MS + index)
  }

  t.deepEqual(entries.map(({ namespace, workload }) => `${namespace} ${workload ?? 'all'}`), ['shop all', 'bank job/x'])
  t.like(findEntry(entries, POD, NOW_MS + 39_999), { why: 'refused', sinceMs: NOW_MS + 30 })
  t.is(findEntry(entries, POD, NOW_MS + 40_000), undefined)
})

test('workloads in trouble with one image become an entry of that image', t => {
  let entries: readonly BypassEntry[] = []
  for (let index = 0; index < 62; index++) {
    entries = addEntry(entries, { namespace: 'shop', workload: `job/${index}`, why: 'image', image: 'sidecar:1' }, NOW_MS)
  }

  t.like(entries, [{ namespace: 'shop', image: 'sidecar:1', times: 2 }])
  t.is(entries.length, 1)
})

test('a record reads as it was written, less what a hand made unreadable', t => {
  const entries = addEntry(addEntry([], TROUBLE, NOW_MS), { namespace: 'shop', why: 'image', image: 'sidecar:1' }, NOW_MS)

  t.deepEqual(parseRecord(writeRecord(entries)), entries)
  t.deepEqual(parseRecord(`broken\n{}\nnull\n{"namespace":5}\n${writeRecord(entries)}\n`), entries)
  t.deepEqual(parseRecord(''), [])
})
