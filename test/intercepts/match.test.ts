import test from 'ava'
import {
  canonicalMatch, describeMatch, isGlobal, isPersonal, parseHeaderMatch, parseMatch, type Match
} from '../../intercepts/match.ts'

const exact = (name: string, value: string) => ({ type: 'Exact' as const, name, value })

const readable: readonly (readonly [text: string, name: string, value: string])[] = [
  ['x-waylay-id=maria', 'x-waylay-id', 'maria'],
  ['X-Waylay-ID=Maria', 'x-waylay-id', 'Maria'],
  ['cookie=a=b; c=d', 'cookie', 'a=b; c=d'],
  ['accept=text/html, */*', 'accept', 'text/html, */*'],
  [' x-id = v ', 'x-id', 'v'],
  ['x!#$%&\'*+.^_`|~9=v', 'x!#$%&\'*+.^_`|~9', 'v'],
  ['x-name=mária', 'x-name', 'mária']
]
for (const [text, name, value] of readable) {
  test(`"${text}" reads as one exact header condition`, t => {
    t.deepEqual(parseHeaderMatch(text), exact(name, value))
  })
}

const malformed: Record<string, RegExp> = {
  'x-waylay-id': /there is no "="/,
  '=value': /"" is not a header name/,
  'x id=v': /"x id" is not a header name/,
  'x:y=v': /"x:y" is not a header name/,
  'größe=v': /is not a header name/,
  'x-id=': /the value is empty/,
  'x-id=   ': /the value is empty/,
  'x-id=a\rb': /control character/,
  'x-id=a\u0000b': /control character/
}
for (const [text, message] of Object.entries(malformed)) {
  test(`${JSON.stringify(text)} is no header condition and says why`, t => {
    t.throws(() => parseHeaderMatch(text), { code: 'WAYLAY_HEADER_MALFORMED', message })
  })
}

test('a match without headers or without anything is global', t => {
  for (const value of [{}, { headers: [] }, { headers: null }, null, undefined]) {
    t.true(isGlobal(parseMatch(value)))
  }
})

const foreign: Record<string, unknown> = {
  'headers that are no list': { headers: 'x=y' },
  'a condition that is null': { headers: [null] },
  'another type': { headers: [{ type: 'RegularExpression', name: 'a', value: 'b' }] },
  'a value that is a number': { headers: [{ type: 'Exact', name: 'a', value: 5 }] },
  'a name with a space': { headers: [{ type: 'Exact', name: 'a b', value: 'c' }] }
}
for (const [name, value] of Object.entries(foreign)) {
  test(`a match with ${name} is refused by code`, t => {
    t.throws(() => parseMatch(value), { code: 'WAYLAY_HEADER_MALFORMED' })
  })
}

test('a name that smuggles its own equals sign is not read as another header', t => {
  t.throws(() => parseMatch({ headers: [{ name: 'a=b;c', value: 'd' }] }), { message: /"a=b;c" is not a header name/ })
})

test('order, case of names and repetition make no difference', t => {
  const a: Match = { headers: [exact('B', '2'), exact('a', '1'), exact('b', '2')] }
  const b: Match = { headers: [exact('a', '1'), exact('b', '2')] }

  t.deepEqual(canonicalMatch(a), b)
  t.deepEqual(canonicalMatch(canonicalMatch(a)), b)
})

test('two values of one header stay two conditions', t => {
  t.is(canonicalMatch({ headers: [exact('a', '1'), exact('a', '2')] }).headers.length, 2)
})

test('fields of other meaning are not carried into the canonical form', t => {
  const match = { headers: [{ ...exact('a', '1'), note: 'x' }], more: 1 } as unknown as Match

  t.deepEqual(canonicalMatch(match), { headers: [exact('a', '1')] })
})

test('one value of eight characters makes a match personal', t => {
  t.true(isPersonal({ headers: [exact('a', '1'), exact('b', '12345678')] }))
  t.false(isPersonal({ headers: [exact('a', '1234567')] }))
  t.false(isPersonal({ headers: [] }))
})

test('a match is described in the words of the command line', t => {
  t.is(describeMatch({ headers: [exact('a', '1'), exact('b', '2')] }), 'a=1 and b=2')
  t.is(describeMatch({ headers: [] }), 'every request')
})
