import test from 'ava'
import { describeMatch } from '../../intercepts/describe-match.ts'
import type { HeaderMatch } from '../../intercepts/header-match.ts'
import { canonicalMatch, isGlobal, isPersonal, parseMatch, type Match } from '../../intercepts/match.ts'

const exact = (name: string, value: string): HeaderMatch => ({ type: 'Exact', name, value })
const glob = (name: string, value: string): HeaderMatch => ({ type: 'Glob', name, value })
const API = { type: 'PathPrefix', value: '/api' } as const
const WHOLE: Match = { headers: [exact('a', '1'), glob('b', 'x*')], path: API, methods: ['GET', 'POST'] }

test('a match without headers or without anything is global', t => {
  const nulls = { headers: null, path: null, methods: null }
  for (const value of [{}, { headers: [] }, nulls, { methods: [] }, null, undefined]) {
    t.true(isGlobal(parseMatch(value)))
  }
})

test('any single condition makes a match not global', t => {
  const root = { type: 'PathPrefix', value: '/' }
  for (const value of [{ headers: [exact('a', '1')] }, { path: root }, { methods: ['GET'] }]) {
    t.false(isGlobal(parseMatch(value)))
  }
})

test('a whole match is read as it stands', t => t.deepEqual(parseMatch(WHOLE), WHOLE))

const foreign: Record<string, readonly [value: unknown, code: string]> = {
  'headers that are no list': [{ headers: 'x=y' }, 'WAYLAY_HEADER_MALFORMED'],
  'a condition that is null': [{ headers: [null] }, 'WAYLAY_HEADER_MALFORMED'],
  'another type': [{ headers: [{ type: 'RegularExpression', name: 'a', value: 'b' }] }, 'WAYLAY_HEADER_MALFORMED'],
  'a value that is a number': [{ headers: [{ type: 'Exact', name: 'a', value: 5 }] }, 'WAYLAY_HEADER_MALFORMED'],
  'a name with a space': [{ headers: [{ type: 'Exact', name: 'a b', value: 'c' }] }, 'WAYLAY_HEADER_MALFORMED'],
  'an unknown field in a condition': [{ headers: [{ ...exact('a', 'b'), invert: true }] }, 'WAYLAY_HEADER_MALFORMED'],
  'seventeen headers': [{ headers: Array.from({ length: 17 }, (_, at) => exact('a', String(at))) }, 'WAYLAY_MATCH_MALFORMED'],
  'a condition of another version': [{ headers: [exact('a', '12345678')], queryParams: [] }, 'WAYLAY_MATCH_MALFORMED'],
  'a text for a match': ['x=y', 'WAYLAY_MATCH_MALFORMED'],
  'a list for a match': [[], 'WAYLAY_MATCH_MALFORMED'],
  'a number for a match': [5, 'WAYLAY_MATCH_MALFORMED'],
  'a path that is a text': [{ path: '/api' }, 'WAYLAY_MATCH_MALFORMED'],
  'methods that are no list': [{ methods: 'GET' }, 'WAYLAY_MATCH_MALFORMED'],
  'a method in lower case': [{ methods: ['get'] }, 'WAYLAY_MATCH_MALFORMED'],
  'a method that is a number': [{ methods: [1] }, 'WAYLAY_MATCH_MALFORMED'],
  'a method that is too long': [{ methods: ['A'.repeat(33)] }, 'WAYLAY_MATCH_MALFORMED'],
  'nine methods': [{ methods: [...'ABCDEFGHI'] }, 'WAYLAY_MATCH_MALFORMED']
}
for (const [name, [value, code]] of Object.entries(foreign)) {
  test(`a match with ${name} is refused by code`, t => {
    t.throws(() => parseMatch(value), { code })
  })
}

test('a name that smuggles its own equals sign is not read as another header', t => {
  t.throws(() => parseMatch({ headers: [{ name: 'a=b;c', value: 'd' }] }), { message: /"a=b;c" is not a header name/ })
})

test('order, case of names and repetition make no difference', t => {
  const a: Match = { headers: [exact('B', '2'), exact('a', '1'), exact('b', '2')], methods: ['PUT', 'GET', 'PUT'] }
  const b: Match = { headers: [exact('a', '1'), exact('b', '2')], methods: ['GET', 'PUT'] }

  t.deepEqual(canonicalMatch(a), b)
  t.deepEqual(canonicalMatch(canonicalMatch(a)), b)
})

test('two values of one header stay two conditions', t => {
  t.is(canonicalMatch({ headers: [exact('a', '1'), exact('a', '2')] }).headers.length, 2)
  t.is(canonicalMatch({ headers: [exact('a', '1*'), glob('a', '1*')] }).headers.length, 2)
})

test('fields of other meaning are not carried into the canonical form', t => {
  const match = { headers: [{ ...exact('a', '1'), note: 'x' }], more: 1 } as unknown as Match

  t.deepEqual(canonicalMatch(match), { headers: [exact('a', '1')] })
})

test('one exact value of eight characters makes a match personal, and nothing else does', t => {
  t.true(isPersonal({ headers: [exact('a', '1'), exact('b', '12345678')] }))
  t.true(isPersonal({ headers: [exact('b', '12345678')], path: API, methods: ['GET'] }))
  t.false(isPersonal({ headers: [exact('a', '1234567')] }))
  t.false(isPersonal({ headers: [glob('a', '12345678*')] }))
  t.false(isPersonal({ headers: [], path: { type: 'Exact', value: '/a-very-long-path' } }))
  t.false(isPersonal({ headers: [], methods: ['GET'] }))
  t.false(isPersonal({ headers: [] }))
})

const described: readonly (readonly [match: Match, text: string])[] = [
  [{ headers: [exact('a', '1'), exact('b', '2')] }, 'a=1 and b=2'],
  [{ headers: [] }, 'every request'],
  [WHOLE, 'a=1 and b=x* and path under /api and method GET or POST'],
  [{ headers: [exact('accept', '*/*')] }, 'accept=\\*/\\*'],
  [{ headers: [], path: { type: 'Exact', value: '/api' } }, 'path /api'],
  [{ headers: [], path: { type: 'Glob', value: '/api/*' } }, 'path like /api/*'],
  [{ headers: [], methods: ['POST'] }, 'method POST']
]
for (const [match, text] of described) {
  test(`a match is described as "${text}"`, t => t.is(describeMatch(match), text))
}
