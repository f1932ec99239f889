import { readFileSync } from 'node:fs'
import test from 'ava'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { EXIT_CODES, FAILURES } from '../../common/failures.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

test('every code has one row in the docs with its class and status', t => {
  const rows = [...page.matchAll(/^\| `(WAYLAY_\w+)` \| (\w+) \| (\d*) ?\|/gm)].map(([, code, kind, status]) =>
    [code, kind, status === '' ? undefined : Number(status)])
  const codes = Object.entries(FAILURES).map(([code, failure]) =>
    [code, failure.class, 'status' in failure ? failure.status : undefined])
  const byCode = (a: unknown[], b: unknown[]): number => String(a[0]) < String(b[0]) ? -1 : 1
  t.deepEqual(rows.sort(byCode), codes.sort(byCode))
})

test('every exit code stands in the docs', t => {
  for (const [name, code] of Object.entries(EXIT_CODES)) t.regex(page, new RegExp(`^\\| ${code} \\| ${name} \\|`, 'm'))
})

test('every hint says something to do and ends as a sentence or a command', t => {
  for (const [code, { hint }] of Object.entries(FAILURES)) t.true(hint.length > 20, code)
})

test('a foreign error becomes an internal one with its cause', t => {
  const cause = new TypeError('no such thing')
  const error = toWaylayError(cause)
  t.is(error.code, 'WAYLAY_INTERNAL')
  t.is(error.cause, cause)
  t.regex(error.message, /no such thing/)
  t.is(toWaylayError('text').code, 'WAYLAY_INTERNAL')
  t.is(toWaylayError(undefined).code, 'WAYLAY_INTERNAL')
})

test('an error of ours stays what it is', t => {
  const error = new WaylayError('WAYLAY_USAGE', 'x', { hint: 'do this' })
  t.is(toWaylayError(error), error)
  t.is(error.hint, 'do this')
})
