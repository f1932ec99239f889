import test from 'ava'
import { baggageEdit, MAX_EDITED_FIELDS, MAX_EDITED_HEAD_BYTES } from '../../http1/baggage-edit.ts'
import { editHead } from '../../http1/head-edit.ts'
import { readRequestHead } from '../../http1/request-head.ts'

const BEFORE = 'GET / HTTP/1.1\r\nHost: shop\r\nx-waylay-id: maria\r\n'

/** The head after the edit; undefined where there is none. @param growth what others add. */
function edit (text: string, growth = 0): string | undefined {
  const bytes = Buffer.from(`before${text}after`, 'latin1')
  const head = readRequestHead(bytes, 6, bytes.length)
  if (typeof head === 'string') throw new Error(head)
  const found = baggageEdit(head, head.next, head.next - 6 + growth)
  return found === undefined ? undefined : editHead(bytes, 6, head.next, [found]).toString('latin1')
}

for (const [name, lines, added] of [
  ['a line of its own', '', 'baggage: waylay-id=maria\r\n'], ['a line that is there', 'baggage: a=b\r\n', ',waylay-id=maria']
] as const) {
  const fixed = `${BEFORE}${lines}X: \r\n\r\n`
  const fill = MAX_EDITED_HEAD_BYTES - fixed.length - added.length
  const headOf = (bytes: number): string => fixed.replace('X: ', `X: ${'y'.repeat(bytes)}`)

  test(`the member goes into ${name} as long as the whole head has room for it`, t => {
    t.is(edit(headOf(fill))?.length, MAX_EDITED_HEAD_BYTES)
    t.is(edit(headOf(fill + 1)), undefined)
    t.is(edit(headOf(fill - 10), 10)?.length, MAX_EDITED_HEAD_BYTES - 10)
    t.is(edit(headOf(fill - 10), 11), undefined, 'others count too')
  })
}

test('a head gets no line of its own beyond what servers take, and its last baggage line still gets the member', t => {
  const withFields = (count: number, last = ''): string => `${BEFORE}${'a: b\r\n'.repeat(count - 2)}${last}\r\n`

  t.regex(edit(withFields(MAX_EDITED_FIELDS - 1)) ?? '', /\r\nbaggage: waylay-id=maria\r\n\r\n$/)
  t.is(edit(withFields(MAX_EDITED_FIELDS)), undefined)
  t.regex(edit(withFields(MAX_EDITED_FIELDS, 'baggage: a=b\r\n')) ?? '', /\r\nbaggage: a=b,waylay-id=maria\r\n\r\n$/)
})
