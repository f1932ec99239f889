import test from 'ava'
import { HeaderList } from '../../http2/header-list.ts'
import { Http2Request } from '../../http2/request.ts'

const GOOD = [[':method', 'POST'], [':scheme', 'http'], [':path', '/shop.Cart/Add?x=1'], [':authority', 'shop']] as const

function read (fields: readonly (readonly [string, string])[]): Http2Request | undefined {
  const list = new HeaderList()
  for (const [name, value] of fields) list.add(name, value, false)
  const request = new Http2Request(list)
  return request.read() ? request : undefined
}

test('a request is seen as one of HTTP/1.1 is', t => {
  const request = read([...GOOD, ['x-a', ' 1\t'], ['cookie', 'a=1'], ['x-a', '2'], ['cookie', 'b=2'], ['te', 'trailers']])
  t.is(request?.method, 'POST')
  t.is(request?.target, '/shop.Cart/Add?x=1')
  t.deepEqual(request?.values('x-a'), ['1', '2'])
  t.deepEqual(request?.values('cookie'), ['a=1; b=2'])
  t.deepEqual(request?.values('host'), ['shop'])
  t.deepEqual(request?.values('x-b'), [])
})

test('CONNECT has an authority, or is an extended one', t => {
  t.is(read([[':method', 'CONNECT'], [':authority', 'db:5432']])?.target, 'db:5432')
  t.is(read([...GOOD.slice(1), [':method', 'CONNECT'], [':protocol', 'websocket']])?.method, 'CONNECT')
  t.is(read([...GOOD, [':protocol', 'websocket']]), undefined)
})

for (const [title, fields] of [
  ['no method', GOOD.slice(1)], ['no path', GOOD.filter(([name]) => name !== ':path')],
  ['two paths', [...GOOD, [':path', '/admin']]], ['an empty path', [...GOOD.filter(([name]) => name !== ':path'), [':path', '']]],
  ['a space in the path', [...GOOD.filter(([name]) => name !== ':path'), [':path', '/a b']]],
  ['a pseudo-field behind a field', [['x-a', '1'], ...GOOD]], ['an unknown pseudo-field', [...GOOD, [':extra', '1']]],
  ['upper case', [...GOOD, ['X-A', '1']]], ['a line break in a value', [...GOOD, ['x-a', '1\r\nx-waylay-id: maria']]],
  ['NUL in a value', [...GOOD, ['x-a', '\0']]], ['Connection', [...GOOD, ['connection', 'x-a']]],
  ['Transfer-Encoding', [...GOOD, ['transfer-encoding', 'chunked']]], ['TE: gzip', [...GOOD, ['te', 'gzip']]],
  ['two hosts', [...GOOD, ['host', 'other']]], ['an empty name', [...GOOD, ['', '1']]]
] as const) {
  test(`nobody diverts a request with ${title}`, t => {
    t.is(read(fields), undefined)
  })
}
