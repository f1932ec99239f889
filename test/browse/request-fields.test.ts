import test from 'ava'
import type { Field } from '../../browse/fields.ts'
import { toAppFields } from '../../browse/request-fields.ts'
import { PREVIEW } from './mapping.ts'

const MARK = [{ name: 'X-Waylay-Id', value: 'maria-3fk27d4a' }]
const MARKED: readonly Field[] = [['x-waylay-id', 'maria-3fk27d4a']]
const MEMBER = 'waylay-id=maria-3fk27d4a'

test('the app is called by its own name, and its own pages come from there', t => {
  const fields: readonly Field[] = [
    ['host', '127.0.0.1:24110', 'Host'],
    ['origin', 'http://127.0.0.1:24110'],
    ['referer', 'http://127.0.0.1:24110/cart?id=1', 'Referer'],
    ['cookie', 'a=1'], ['cookie', 'b=2']
  ]
  t.deepEqual(toAppFields(fields, PREVIEW, [{ name: 'x-team', value: 'blue' }]), [
    ['host', 'payments.shop:8080', 'Host'],
    ['origin', 'http://payments.shop:8080'],
    ['referer', 'http://payments.shop:8080/cart?id=1', 'Referer'],
    ['cookie', 'a=1'], ['cookie', 'b=2'],
    ['x-team', 'blue']
  ])
})

test('what other sites say of themselves stays', t => {
  const fields: readonly Field[] = [['origin', 'null'], ['referer', 'https://example.org/']]
  t.deepEqual(toAppFields(fields, PREVIEW, [{ name: 'x-team', value: 'blue' }]).slice(0, 2), fields)
})

test('a caller cannot name another developer, by header, by baggage or by any header of ours', t => {
  const fields: readonly Field[] = [
    ['x-waylay-id', 'otto-11111111'], ['x-waylay-nonce', 'n'], ['x-waylay-diverted-to', 'i'],
    ['baggage', 'tenant=7, waylay-id=otto-11111111;ttl=1 , user=2'],
    ['baggage', ' waylay-id = otto-11111111']
  ]
  t.deepEqual(toAppFields(fields, PREVIEW, MARK), [['baggage', `tenant=7, user=2,${MEMBER}`, 'baggage'], ...MARKED])
})

test('a header of the developer\'s choice is theirs alone too', t => {
  const routing = [{ name: 'X-Team', value: 'blue' }, { name: 'x-team', value: 'night' }]
  t.deepEqual(toAppFields([['x-team', 'red'], ['x-teams', 'red']], PREVIEW, routing),
    [['x-teams', 'red'], ['x-team', 'blue'], ['x-team', 'night']])
})

test('the member goes on the last baggage line, so that SDKs which read one line see all', t => {
  const fields: readonly Field[] = [['baggage', 'a=1'], ['baggage', 'b=2', 'Baggage'], ['accept', '*/*']]
  t.deepEqual(toAppFields(fields, PREVIEW, MARK),
    [['baggage', 'a=1'], ['baggage', `b=2,${MEMBER}`, 'Baggage'], ['accept', '*/*'], ...MARKED])
})

test('a member that only begins like ours stays', t => {
  const fields: readonly Field[] = [['baggage', 'waylay-idea=1,x;waylay-id=2']]
  t.deepEqual(toAppFields(fields, PREVIEW, [{ name: 'x-team', value: 'blue' }]).slice(0, 1), fields)
})

test('a value is percent-encoded in the baggage', t => {
  t.deepEqual(toAppFields([], PREVIEW, [{ name: 'x-waylay-id', value: 'a, b;c' }]),
    [['baggage', 'waylay-id=a%2C%20b%3Bc'], ['x-waylay-id', 'a, b;c']])
})

test('a full list loses its last members, or the next service would read the mark of somebody else, or none', t => {
  const members = Array.from({ length: 64 }, (_, index) => `k${index}=v`)
  t.deepEqual(toAppFields([['baggage', members.join(',')]], PREVIEW, MARK),
    [['baggage', [...members.slice(0, 63), MEMBER].join(','), 'baggage'], ...MARKED])
  const two: readonly Field[] = [['baggage', members.join(',')], ['baggage', 'z=1'], ['accept', '*/*']]
  t.deepEqual(toAppFields(two, PREVIEW, MARK),
    [['baggage', [...members.slice(0, 63), MEMBER].join(','), 'baggage'], ['accept', '*/*'], ...MARKED])
  t.deepEqual(toAppFields([['baggage', `k=${'v'.repeat(8180)}`]], PREVIEW, MARK), [['baggage', MEMBER], ...MARKED])
})

test('the member is found in any spelling that an SDK reads as ours', t => {
  const spellings = ['waylay%2Did', 'waylay%2did', '%77aylay-id', 'Waylay-Id', ' waylay-id%20 ', 'WAYLAY%2DID']
  for (const name of spellings) {
    t.deepEqual(toAppFields([['baggage', `a=1,${name}=otto-11111111,b=%zz`]], PREVIEW, [{ name: 'x-team', value: 'blue' }])[0],
      ['baggage', 'a=1,b=%zz', 'baggage'], name)
  }
  const foreign: Field = ['baggage', 'waylay%252Did=1,%zz=2,waylay%id=3']
  t.deepEqual(toAppFields([foreign], PREVIEW, [{ name: 'x-team', value: 'blue' }])[0], foreign)
})

test('a header that CGI, WSGI and PHP read as ours is taken away', t => {
  t.deepEqual(toAppFields([['x_waylay_id', 'otto-11111111', 'X_Waylay_Id'], ['x_team', 'red'], ['x_other', '1']], PREVIEW,
    [...MARK, { name: 'X-Team', value: 'blue' }]),
  [['x_other', '1'], ['baggage', MEMBER], ...MARKED, ['x-team', 'blue']])
})
