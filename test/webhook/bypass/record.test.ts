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

test('the record is bounded and keeps what lasts longest', t => {
  let entries = addEntry([], { namespace: 'first', why: 'x', firstMs: 1_000_000_000 }, NOW_MS)
  for (let index = 0; index < 400; index++) entries = addEntry(entries, { namespace: `n${index}`, why: 'x'.repeat(900) }, NOW_MS)

  t.is(entries.length, 300)
  t.is(entries[0]?.namespace, 'first')
  t.true(writeRecord(entries).length < 200_000)
})

test('a record reads as it was written, less what a hand made unreadable', t => {
  const entries = addEntry(addEntry([], TROUBLE, NOW_MS), { namespace: 'shop', why: 'image', image: 'sidecar:1' }, NOW_MS)

  t.deepEqual(parseRecord(writeRecord(entries)), entries)
  t.deepEqual(parseRecord(`broken\n{}\nnull\n{"namespace":5}\n${writeRecord(entries)}\n`), entries)
  t.deepEqual(parseRecord(''), [])
})
