import test from 'ava'
import { forwardedForEdit } from '../../http1/forwarded-for.ts'
import { editHead } from '../../http1/head-edit.ts'
import { readRequestHead } from '../../http1/request-head.ts'

const LINE = 'GET /x HTTP/1.1\r\nHost: shop\r\n'

function append (text: string, address: string): string {
  const bytes = Buffer.from(text, 'latin1')
  const head = readRequestHead(bytes, 0, bytes.length)
  if (typeof head === 'string') throw new Error(head)
  return editHead(bytes, 0, bytes.length, [forwardedForEdit(head, bytes.length, address)]).toString('latin1')
}

const ADDRESSES: ReadonlyArray<readonly [address: string, written: string]> = [
  ['10.0.0.7', '10.0.0.7'],
  ['::ffff:10.0.0.7', '10.0.0.7'],
  ['::FFFF:10.0.0.7', '10.0.0.7'],
  ['fd00:10::7', 'fd00:10::7'],
  ['::1', '::1'],
  ['::ffff:0:7', '::ffff:0:7'],
  ['fe80::7%eth0', 'fe80::7'],
  ['', 'unknown']
]
for (const [address, written] of ADDRESSES) {
  test(`the address "${address}" is written as ${written}`, t => {
    t.is(append(`${LINE}\r\n`, address), `${LINE}X-Forwarded-For: ${written}\r\n\r\n`)
    t.is(append(`${LINE}X-Forwarded-For: a\r\n\r\n`, address), `${LINE}X-Forwarded-For: a, ${written}\r\n\r\n`)
  })
}

const HEADS: Readonly<Record<string, readonly [before: string, after: string]>> = {
  'no such line': [`${LINE}Accept: */*\r\n`, `${LINE}Accept: */*\r\nX-Forwarded-For: 10.0.0.7\r\n`],
  'no line at all': ['GET / HTTP/1.0\r\n', 'GET / HTTP/1.0\r\nX-Forwarded-For: 10.0.0.7\r\n'],
  'one in the middle': [
    `${LINE}X-Forwarded-For: 1.2.3.4\r\nAccept: */*\r\n`, `${LINE}X-Forwarded-For: 1.2.3.4, 10.0.0.7\r\nAccept: */*\r\n`
  ],
  'a name in another case': [`${LINE}x-fOrWaRdEd-fOr:1.2.3.4\r\n`, `${LINE}x-fOrWaRdEd-fOr:1.2.3.4, 10.0.0.7\r\n`],
  'several lines': [
    `${LINE}X-Forwarded-For: 1.1.1.1\r\nA: b\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3\r\nC: d\r\n`,
    `${LINE}X-Forwarded-For: 1.1.1.1\r\nA: b\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3, 10.0.0.7\r\nC: d\r\n`
  ],
  'whitespace after the value': [
    `${LINE}X-Forwarded-For: 1.2.3.4 \t\r\n`, `${LINE}X-Forwarded-For: 1.2.3.4, 10.0.0.7 \t\r\n`
  ],
  'an empty value': [`${LINE}X-Forwarded-For: \r\nA: b\r\n`, `${LINE}X-Forwarded-For: 10.0.0.7\r\nA: b\r\n`],
  'an empty value without a space': [`${LINE}X-Forwarded-For:\r\n`, `${LINE}X-Forwarded-For:10.0.0.7\r\n`],
  'an empty value with tabs': [`${LINE}X-Forwarded-For:\t \t\r\n`, `${LINE}X-Forwarded-For:\t \t10.0.0.7\r\n`],
  'an empty line after a full one': [
    `${LINE}X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For:\r\n`, `${LINE}X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For:10.0.0.7\r\n`
  ],
  'a value that ends with a colon': [
    `${LINE}X-Forwarded-For: fe80::\r\n`, `${LINE}X-Forwarded-For: fe80::, 10.0.0.7\r\n`
  ],
  'a value that is a colon': [`${LINE}X-Forwarded-For: :\r\n`, `${LINE}X-Forwarded-For: :, 10.0.0.7\r\n`],
  'a value that is no address': [
    `${LINE}X-Forwarded-For: "x", \xe9\xff\r\n`, `${LINE}X-Forwarded-For: "x", \xe9\xff, 10.0.0.7\r\n`
  ],
  'a line whose name only begins like it': [
    `${LINE}X-Forwarded-For-Not: a\r\n`, `${LINE}X-Forwarded-For-Not: a\r\nX-Forwarded-For: 10.0.0.7\r\n`
  ]
}
for (const [name, [before, after]] of Object.entries(HEADS)) {
  test(`a head with ${name} gets the address and changes nowhere else`, t => {
    t.is(append(`${before}\r\n`, '10.0.0.7'), `${after}\r\n`)
  })
}

test('the head that was given stays as it is', t => {
  const shared = Buffer.from(`before${LINE}X-Forwarded-For: a\r\n\r\nafter`)
  const head = readRequestHead(shared, 6, shared.length)
  if (typeof head === 'string') return t.fail(head)

  const changed = editHead(shared, 6, head.next, [forwardedForEdit(head, head.next, '10.0.0.7')])

  t.is(changed.toString(), `${LINE}X-Forwarded-For: a, 10.0.0.7\r\n\r\n`)
  t.is(shared.toString(), `before${LINE}X-Forwarded-For: a\r\n\r\nafter`)
})

test('what was appended to is read with the address as the last member', t => {
  const changed = Buffer.from(append(`${LINE}X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n\r\n`, '::ffff:10.0.0.7'))

  const head = readRequestHead(changed, 0, changed.length)

  if (typeof head === 'string') return t.fail(head)
  t.deepEqual(head.values('x-forwarded-for'), ['1.2.3.4', '5.6.7.8, 10.0.0.7'])
  t.is(head.next, changed.length)
})
