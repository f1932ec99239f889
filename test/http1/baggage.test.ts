import test from 'ava'
import { baggageValues } from '../../http1/baggage.ts'
import type { Field } from '../../http1/fields.ts'

const CASES: readonly (readonly [title: string, fields: readonly Field[], values: readonly string[]])[] = [
  ['a member alone', [['baggage', 'waylay-id=maria-1']], ['maria-1']],
  ['a member among others with properties', [['baggage', 'a=b;p=1 , waylay-id = maria-1 ;ttl=3;x,c=d']], ['maria-1']],
  ['members of several lines', [['baggage', 'waylay-id=a'], ['x', 'y'], ['baggage', 'waylay-id=b']], ['a', 'b']],
  ['a percent-encoded value as its bytes', [['baggage', 'waylay-id=caf%C3%A9%20x']], ['caf\u00c3\u00a9 x']],
  ['a broken percent-encoding as it is', [['baggage', 'waylay-id=50%']], ['50%']],
  ['no member whose key only looks alike', [['baggage', 'waylay-idx=a,xwaylay-id=b,waylay-id,Waylay-Id=c']], []],
  ['no member from another header', [['x-baggage', 'waylay-id=a']], []]
]

for (const [title, fields, values] of CASES) {
  test(`baggage gives ${title}`, t => t.deepEqual(baggageValues(fields, 'waylay-id'), values))
}
