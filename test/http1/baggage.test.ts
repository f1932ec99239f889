import test from 'ava'
import { baggageToAppend, baggageValues } from '../../http1/baggage.ts'

const READ: readonly (readonly [title: string, lines: readonly string[], values: readonly string[]])[] = [
  ['a member alone', ['waylay-id=maria-1'], ['maria-1']],
  ['a member among others with properties', ['a=b;p=1 , waylay-id = maria-1 ;ttl=3;x,c=d'], ['maria-1']],
  ['a member between tabs', ['a=b,\twaylay-id\t=\tmaria-1\t;p'], ['maria-1']],
  ['members of several lines', ['waylay-id=a', 'waylay-id=b'], ['a', 'b']],
  ['both of two members with one key', ['waylay-id=a,waylay-id=b'], ['a', 'b']],
  ['a value with equals signs', ['waylay-id=a=b=='], ['a=b==']],
  ['an empty value', ['waylay-id=,a=b'], ['']],
  ['a percent-encoded value as its bytes', ['waylay-id=caf%C3%A9%20x%2C%3b'], ['caf\u00c3\u00a9 x,;']],
  ['an encoded percent sign once decoded', ['waylay-id=%2541'], ['%41']],
  ['what is no escape as it is', ['waylay-id=50%', 'waylay-id=%zz%4', 'waylay-id=%%41'], ['50%', '%zz%4', '%A']],
  ['the replacement character for what is no UTF-8', ['waylay-id=a%FFb'], ['a\u00ef\u00bf\u00bdb']],
  ['bytes that are not encoded as they are', ['waylay-id=\u00e9'], ['\u00e9']],
  ['no member whose key only looks alike', ['waylay-idx=a,xwaylay-id=b,waylay-id,Waylay-Id=c,waylay-id x=d'], []],
  ['no member whose key has a space that is none', ['\u00a0waylay-id=a,\u000bwaylay-id=b'], []],
  ['no key that is encoded', ['waylay%2Did=a'], []],
  ['no property', ['a=b;waylay-id=c', 'a;waylay-id=d'], []],
  ['nothing out of nothing', ['', ',;,=', ';'], []]
]
for (const [title, lines, values] of READ) {
  test(`baggage gives ${title}`, t => t.deepEqual(baggageValues(lines, 'waylay-id'), values))
}

const MEMBERS = Array.from({ length: 63 }, (_, index) => `k${index}=v`).join(',')
/** Leaves room for one member more. */
const LONG = `a=${'x'.repeat(8192 - 2 - ',waylay-id=m'.length)}`

const APPENDED: readonly (readonly [
  title: string, ids: readonly string[], lines: readonly string[], text: string | undefined
])[] = [
  ['a first line gets the member', ['maria-1'], [], 'waylay-id=maria-1'],
  ['a foreign member stays before it', ['maria-1'], ['tenant=a;p=1'], ',waylay-id=maria-1'],
  ['of several lines the last one counts', ['m'], ['a=b', 'c=d'], ',waylay-id=m'],
  ['an empty line needs no comma', ['m'], ['a=b', ''], 'waylay-id=m'],
  ['a comma at the end is enough', ['m'], ['a=b,'], 'waylay-id=m'],
  ['of several values the last one counts', ['jon', 'maria', ''], [], 'waylay-id=maria'],
  ['nothing is added for an empty value', ['', ''], [], undefined],
  ['nothing is added to a member of the same value', ['m'], ['waylay-id=m'], undefined],
  ['nothing is added to a member of another value', ['m'], ['a=b, waylay-id = jon;p'], undefined],
  ['nothing is added to a member of another line', ['m'], ['waylay-id=', 'a=b'], undefined],
  ['a property is no member', ['m'], ['a=b;waylay-id=m'], ',waylay-id=m'],
  ['a key without a value is no member', ['m'], ['waylay-id'], ',waylay-id=m'],
  ['commas, semicolons and spaces are encoded', ['a, b;c'], [], 'waylay-id=a%2C%20b%3Bc'],
  ['quotes, backslashes, percent and plus signs are encoded', ['"\\%+'], [], 'waylay-id=%22%5C%25%2B'],
  ['bytes of UTF-8 are encoded one by one', ['caf\u00c3\u00a9'], [], 'waylay-id=caf%C3%A9'],
  ['a byte order mark is a part of the value', ['\u00ef\u00bb\u00bfm'], [], 'waylay-id=%EF%BB%BFm'],
  ['controls are encoded', ['a\r\nb\0\u007f'], [], 'waylay-id=a%0D%0Ab%00%7F'],
  ['a value that is no UTF-8 is left out', ['caf\u00e9'], [], undefined],
  ['the 64th member fits', ['m'], [MEMBERS], ',waylay-id=m'],
  ['the 65th does not', ['m'], [MEMBERS, 'one=more'], undefined],
  ['empty members do not count', ['m'], [`${MEMBERS},, ,`], 'waylay-id=m'],
  ['8,192 bytes fit', ['m'], [LONG], ',waylay-id=m'],
  ['8,193 do not', ['m'], [`${LONG}x`], undefined],
  ['all lines count together', ['m'], [LONG.slice(2), 'a'], ',waylay-id=m'],
  ['and so does the comma between them', ['m'], [LONG.slice(1), 'a'], undefined]
]
for (const [title, ids, lines, text] of APPENDED) {
  test(`appended to baggage: ${title}`, t => t.is(baggageToAppend(ids, lines), text))
}

test('what is appended says to the next proxy what the header said to this one', t => {
  for (let byte = 0; byte < 128; byte++) {
    const id = `a${String.fromCharCode(byte)}b\u00f0\u009f\u0098\u0080`

    const text = baggageToAppend([id], ['x=y']) ?? ''

    t.regex(text, /^[!-~]+$/)
    t.deepEqual(baggageValues([`x=y${text}`], 'waylay-id'), [id])
  }
})
