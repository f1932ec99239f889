import test from 'ava'
import { findHeader, readHeader } from '../../extension/header.ts'
import { isProblem } from '../../extension/problem.ts'

const MARIA = { name: 'x-waylay-id', value: 'maria-3fk27d4a' }

test('a header is read without blanks, its name in lower case', t => {
  t.deepEqual(readHeader(' X-Waylay-Id ', ' maria-3fk27d4a\n'), MARIA)
  t.deepEqual(readHeader('x-user', 'maria@example.org, "a b"'), { name: 'x-user', value: 'maria@example.org, "a b"' })
})

for (const [name, value] of [['', 'maria'], ['x waylay', 'maria'], ['x-waylay-id:', 'maria'], ['x-waylay-id', ''],
  ['x-waylay-id', 'a\r\nb: c'], ['x-waylay-id', 'märia'], ['x-waylay-id', 'a'.repeat(257)], ['Cookie', 'a=b'],
  ['Content-Length', '5'], ['authorization', 'Bearer a'], ['host', 'a'], ['sec-fetch-mode', 'cors'], ['baggage', 'a=b']] as const) {
  test(`the header ${JSON.stringify(`${name}: ${value.slice(0, 12)}`)} is refused with a reason`, t => {
    const header = readHeader(name, value)
    t.true(isProblem(header) && header.problem.length > 10, JSON.stringify(header))
  })
}

for (const pasted of [
  'x-waylay-id: maria-3fk27d4a', '  X-Waylay-Id:maria-3fk27d4a  ', 'curl -H \'x-waylay-id: maria-3fk27d4a\' http://payments.shop/',
  'payments is yours\n  for requests with x-waylay-id: maria-3fk27d4a.\n', '--http-header x-waylay-id=maria-3fk27d4a'
]) {
  test(`the header is found in ${JSON.stringify(pasted)}`, t => { t.deepEqual(findHeader(pasted), MARIA) })
}

test('another header is found alone in a line or behind -H', t => {
  t.deepEqual(findHeader('X-User: maria@example.org '), { name: 'x-user', value: 'maria@example.org' })
  t.deepEqual(findHeader('curl -i -H "x-user: maria" http://shop/'), { name: 'x-user', value: 'maria' })
})

test('where there is no header none is found', t => {
  for (const pasted of ['', 'hello', 'http://shop.example.org/', 'cookie: a=b', 'x-waylay-id:', '3:']) {
    t.is(findHeader(pasted)?.value, undefined, pasted)
  }
})
