import test from 'ava'
import type { Match } from '../../intercepts/match.ts'
import { interceptName } from '../../intercepts/name.ts'

const match = (...headers: [name: string, value: string][]): Match =>
  ({ headers: headers.map(([name, value]) => ({ type: 'Exact', name, value })) })

test('the name is a valid object name of 32 characters', t => {
  t.regex(interceptName('deployment/payments', 8080, match(['x-id', 'maria'])), /^[0-9a-f]{32}$/)
})

test('equal wishes have equal names whatever their order and case', t => {
  const name = interceptName('deployment/payments', 8080, match(['a', '1'], ['b', '2']))

  t.is(interceptName('deployment/payments', 8080, match(['B', '2'], ['A', '1'], ['a', '1'])), name)
})

const base = ['deployment/payments', 8080, match(['a', '1'])] as const
const others: Record<string, readonly [string, number, Match]> = {
  'another workload': ['deployment/ledger', base[1], base[2]],
  'another kind': ['statefulset/payments', base[1], base[2]],
  'another port': [base[0], 8081, base[2]],
  'another value': [base[0], base[1], match(['a', '2'])],
  'a value in another case': [base[0], base[1], match(['a', 'A'])],
  'another header': [base[0], base[1], match(['b', '1'])],
  'one more condition': [base[0], base[1], match(['a', '1'], ['b', '2'])],
  'no condition': [base[0], base[1], match()],
  'the same text as a pattern': [base[0], base[1], { headers: [{ type: 'Glob', name: 'a', value: '1*' }] }],
  'a path': [base[0], base[1], { ...base[2], path: { type: 'Exact', value: '/api' } }],
  'another type of path': [base[0], base[1], { ...base[2], path: { type: 'PathPrefix', value: '/api' } }],
  'a method': [base[0], base[1], { ...base[2], methods: ['GET'] }],
  'two methods': [base[0], base[1], { ...base[2], methods: ['GET', 'PUT'] }]
}
for (const [name, [workload, port, other]] of Object.entries(others)) {
  test(`${name} makes another name`, t => {
    t.not(interceptName(workload, port, other), interceptName(...base))
  })
}

test('no two of these are alike', t => {
  const names = Object.values(others).map(([workload, port, other]) => interceptName(workload, port, other))

  t.is(new Set(names).size, names.length)
})

test('a pattern and the exact value of the same characters are two wishes', t => {
  const star = (type: 'Exact' | 'Glob'): Match => ({ headers: [{ type, name: 'a', value: '1*' }] })

  t.not(interceptName('d/a', 1, star('Exact')), interceptName('d/a', 1, star('Glob')))
})

test('two ways to write one path are one wish', t => {
  const at = (type: 'Exact' | 'PathPrefix' | 'Glob', value: string): string =>
    interceptName('d/a', 1, { headers: [], path: { type, value } })

  t.is(at('PathPrefix', '/api/'), at('PathPrefix', '/api'))
  t.is(at('Glob', '/a**'), at('Glob', '/a*'))
  t.is(at('Glob', '/a'), at('Exact', '/a'))
})

test('separators inside values cannot make two wishes alike', t => {
  t.not(interceptName('d/a', 1, match(['a', '1","b","2'])), interceptName('d/a', 1, match(['a', '1'], ['b', '2'])))
})

test('the name never changes from one release to the next', t => {
  t.is(interceptName('deployment/payments', 8080, match(['x-waylay-id', 'maria-3fk27d4a'])), '8c4c4d79afdd7fa5cb54ced0ad246b8d')
})
