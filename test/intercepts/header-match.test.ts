import test from 'ava'
import { exactHeader, parseHeaderMatch, readHeaderMatch, type HeaderMatch } from '../../intercepts/header-match.ts'

const exact = (name: string, value: string): HeaderMatch => ({ type: 'Exact', name, value })
const glob = (name: string, value: string): HeaderMatch => ({ type: 'Glob', name, value })

const readable: readonly (readonly [text: string, header: HeaderMatch])[] = [
  ['x-waylay-id=maria', exact('x-waylay-id', 'maria')],
  ['X-Waylay-ID=Maria', exact('x-waylay-id', 'Maria')],
  ['cookie=a=b; c=d', exact('cookie', 'a=b; c=d')],
  [' x-id = v ', exact('x-id', 'v')],
  ['x!#$%&\'*+.^_`|~9=v', exact('x!#$%&\'*+.^_`|~9', 'v')],
  ['x-name=mária', exact('x-name', 'mária')],
  ['x-path=C:\\\\x\\', exact('x-path', 'C:\\\\x\\')],
  ['x-user=maria-*', glob('x-user', 'maria-*')],
  ['x-user=a***b', glob('x-user', 'a*b')],
  ['accept=text/html, \\*/\\*', exact('accept', 'text/html, */*')],
  ['x=\\**', glob('x', '\\**')]
]
for (const [text, header] of readable) {
  test(`"${text}" reads as one ${header.type} header condition`, t => t.deepEqual(parseHeaderMatch(text), header))
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
  'x-id=a\u0000b': /control character/,
  [`x-id=${'v'.repeat(1025)}`]: /the value has 1025 characters, at most 1024/,
  [`${'n'.repeat(257)}=v`]: /the name has 257 characters, at most 256/,
  [`x-id=*${'\\q'.repeat(400)}`]: /the value has 1201 characters/
}
for (const [text, message] of Object.entries(malformed)) {
  test(`${JSON.stringify(text.slice(0, 40))} is no header condition and says why`, t => {
    t.throws(() => parseHeaderMatch(text), { code: 'WAYLAY_HEADER_MALFORMED', message })
  })
}

test('a message does not repeat megabytes', t => {
  const error = t.throws(() => parseHeaderMatch('x'.repeat(1_000_000)))

  t.true((error?.message.length ?? 0) < 500)
})

test('a value given as it is has no pattern in it', t => {
  t.deepEqual(exactHeader('X-Waylay-Id', 'a*b'), exact('x-waylay-id', 'a*b'))
})

test('a pattern without a star is the exact value that it means', t => {
  t.deepEqual(readHeaderMatch(glob('a', 'x\\*y')), exact('a', 'x*y'))
  t.deepEqual(readHeaderMatch({ name: 'a', value: 'b' }), exact('a', 'b'))
})
