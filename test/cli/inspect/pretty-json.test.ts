import test from 'ava'
import { paintJson, prettyJson } from '../../../cli/inspect/page/pretty-json.ts'

test('JSON gets a line for each value, as JSON.stringify would', t => {
  for (const value of [{}, [], [[]], { a: { b: [1, 'x, {y}: "z" \\', true, null], c: {} }, d: [] }, 'text', 7, [{ a: 1 }, { b: 2 }]]) {
    t.is(prettyJson(JSON.stringify(value)), JSON.stringify(value, null, 2))
    t.is(prettyJson(JSON.stringify(value, null, '\t')), JSON.stringify(value, null, 2))
  }
})

test('numbers, escapes and names that come twice stay as they were spelled', t => {
  t.is(prettyJson('{"id":12345678901234567890,"price":1.0,"e":1E+2,"a":"\\u00e9","a":2}'),
    '{\n  "id": 12345678901234567890,\n  "price": 1.0,\n  "e": 1E+2,\n  "a": "\\u00e9",\n  "a": 2\n}')
})

test('what is no JSON, or only its beginning, stays as it came', t => {
  for (const text of ['{"a": 1', '{a: 1}', '', 'no']) t.is(prettyJson(text), text)
})

test('however deep it is, it does not grow out of bounds', t => {
  const text = `${'['.repeat(4000)}${']'.repeat(4000)}`
  t.true(prettyJson(text).length < text.length * 100)
})

test('names, texts and other values are told apart, also where the end is missing', t => {
  const kinds = paintJson('{"a": "b", "c": [1.5, true]').map(({ kind = '-', text }) => `${kind} ${text}`)
  t.deepEqual(kinds.filter(piece => !piece.startsWith('-')), ['name "a"', 'str "b"', 'name "c"', 'lit 1.5', 'lit true'])
  // A scan that begins anew at each quote would not end.
  t.is(paintJson(`"${'\\"'.repeat(1_000_000)}`).length, 1)
})
