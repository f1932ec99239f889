import test from 'ava'
import { formatAmount, parseQuantity } from '../../../webhook/injection/quantity.ts'

for (const [one, other] of [
  ['1000m', '1'], ['0.5', '500m'], ['1e3', '1k'], ['1Ki', '1024'], ['1.5Gi', '1536Mi'], ['2E-1', '200m'], ['.5', '500m'],
  ['1E', '1000P'], ['100n', '0.1u']
] as const) {
  test(`the quantity ${one} is the same as ${other}`, t => {
    t.truthy(parseQuantity(one))
    t.is(parseQuantity(one), parseQuantity(other))
  })
}

for (const text of ['', '.', 'm', '-1', '1 Gi', '1gi', '1e999', '1;reboot', undefined]) {
  test(`${JSON.stringify(text) ?? 'nothing'} is no quantity`, t => {
    t.is(parseQuantity(text), undefined)
  })
}

test('a part of a billionth counts as a billionth', t => {
  t.is(parseQuantity('0.0000000001'), 1n)
})

for (const [name, text, written] of [
  ['cpu', '0.5', '500m'], ['cpu', '2000m', '2'], ['cpu', '0', '0'],
  ['memory', '1024Mi', '1Gi'], ['memory', '1500', '1500'], ['memory', '200000000', '200000000'], ['memory', '0', '0']
] as const) {
  test(`${text} of ${name} is written ${written}`, t => {
    t.is(formatAmount(name, parseQuantity(text) ?? -1n), written)
  })
}
