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

test('no baggage is pushed out: a full list stays as it is', t => {
  const full: Field = ['baggage', Array.from({ length: 64 }, (_, index) => `k${index}=v`).join(',')]
  t.deepEqual(toAppFields([full], PREVIEW, MARK), [full, ...MARKED])
  const long: Field = ['baggage', `k=${'v'.repeat(8180)}`]
  t.deepEqual(toAppFields([long], PREVIEW, MARK), [long, ...MARKED])
})
