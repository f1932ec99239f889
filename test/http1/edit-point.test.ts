import test from 'ava'
import { EditPoint } from '../../http1/edit-point.ts'

const LINES = 'GET / HTTP/1.1\r\nHost: shop\r\n'

/** Feeds a head in pieces of that size; what may be sent after each. */
function points (text: string, size: number): number[] {
  const bytes = Buffer.from(text, 'latin1')
  const point = new EditPoint()
  const found: number[] = []
  for (let to = size; to < bytes.length + size; to += size) found.push(point.find(bytes.subarray(0, to)))
  return found
}

const HELD_FROM: Readonly<Record<string, readonly [text: string, heldFrom: number]>> = {
  'neither line': [`${LINES}A: b`, LINES.length + 4],
  'a baggage line': [`${LINES}Baggage: a=b\r\nX: y\r\n`, LINES.length],
  'the routing header': [`${LINES}A: b\r\nX-WAYLAY-ID:m\r\n`, LINES.length + 6],
  'a line that may become one': [`${LINES}x-wayl`, LINES.length],
  'a whole name': [`${LINES}baggage`, LINES.length],
  'a name that only begins like one': [`${LINES}baggages: a\r\nx-waylay-idx: b\r\nbag`, LINES.length + 30],
  'such a name in the start line': ['baggage: / HTTP/1.1\r\nA', 22],
  'the end of a head': [`${LINES}\r\n`, LINES.length + 2]
}
for (const [name, [text, heldFrom]] of Object.entries(HELD_FROM)) {
  for (const size of [1, 3, 1000]) {
    test(`a head with ${name} is held from there on, in pieces of ${size}`, t => {
      const found = points(text, size)

      t.is(found.at(-1), Math.min(heldFrom, text.length))
      t.deepEqual(found, found.toSorted((a, b) => a - b), 'what was sent cannot be taken back')
    })
  }
}

test('a head of more than 8 KiB is not held', t => {
  const held = `${LINES}baggage: a=`
  const text = held + 'x'.repeat(8193 - held.length)

  t.is(points(text.slice(0, 8192), 8192).at(-1), LINES.length)
  t.is(points(text, 8193).at(-1), 8193)
})
