import test from 'ava'
import { parseHeaderNames } from '../../../propagate/nodejs/header-names.ts'

test('the routing header is carried whatever else is named', t => {
  t.deepEqual(parseHeaderNames(''), { names: ['x-waylay-id'], refused: [] })
  t.deepEqual(parseHeaderNames(' X-User ,,x-tenant,x-user'), { names: ['x-waylay-id', 'x-user', 'x-tenant'], refused: [] })
})

test('a header of one message alone, or what is none, is refused by name', t => {
  t.deepEqual(parseHeaderNames('Content-Length,x user,x-user,transfer-encoding').refused,
    ['content-length', 'x user', 'transfer-encoding'])
})
