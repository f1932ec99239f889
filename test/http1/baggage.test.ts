import test from 'ava'
import { baggageValues } from '../../http1/baggage.ts'

const CASES: readonly (readonly [title: string, lines: readonly string[], values: readonly string[]])[] = [
  ['a member alone', ['waylay-id=maria-1'], ['maria-1']],
  ['a member among others with properties', ['a=b;p=1 , waylay-id = maria-1 ;ttl=3;x,c=d'], ['maria-1']],
  ['members of several lines', ['waylay-id=a', 'waylay-id=b'], ['a', 'b']],
  ['a percent-encoded value as its bytes', ['waylay-id=caf%C3%A9%20x'], ['caf\u00c3\u00a9 x']],
  ['a broken percent-encoding as it is', ['waylay-id=50%'], ['50%']],
  ['no member whose key only looks alike', ['waylay-idx=a,xwaylay-id=b,waylay-id,Waylay-Id=c'], []]
]

for (const [title, lines, values] of CASES) {
  test(`baggage gives ${title}`, t => t.deepEqual(baggageValues(lines, 'waylay-id'), values))
}
