import test from 'ava'
import { ENTRIES } from '../../webhook/certificates/entries.ts'
import { PUBLISH_MS, RETIRE_MS } from '../../webhook/certificates/rotation.ts'
import { pageAt, tableOf } from './pages.ts'

const page = pageAt('docs/certificates.md')

test('every entry of the webhook\'s Secret stands in the docs, and no other', t => {
  const rows = tableOf(page, ['Entry', 'Holds']).flatMap(([names = '']) => names.match(/[\w.-]+\.(crt|key)/g) ?? [])

  t.deepEqual([...rows].sort(), [...ENTRIES].sort())
})

test('the times of a rotation in the docs are those of the code', t => {
  t.true(page.text.includes(`both, for ${PUBLISH_MS / 1000} seconds`))
  t.true(page.text.includes(`previous leaves, ${RETIRE_MS / 60_000} minutes later`))
})
