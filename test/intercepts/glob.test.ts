import test from 'ava'
import { canonicalGlob, compileGlob, escapeGlob, splitGlob } from '../../intercepts/glob.ts'

const KIB_64 = 64 * 1024
const fits: readonly (readonly [pattern: string, good: readonly string[], bad: readonly string[]])[] = [
  ['maria', ['maria'], ['maria1', '1maria', 'Maria', '']],
  ['*', ['', 'x', 'a/b c'], []],
  ['maria-*', ['maria-', 'maria-1'], ['maria', 'xmaria-1']],
  ['*-maria', ['-maria', 'x-maria'], ['maria', 'x-maria1']],
  ['a*a', ['aa', 'aba', 'aaa'], ['a', 'ab']],
  ['ab*ba', ['abba', 'abxba'], ['aba']],
  ['a*b*c', ['abc', 'axbxc', 'abcbc'], ['acb', 'ab', 'bc']],
  ['*b*', ['b', 'abc'], ['', 'ac']],
  ['a*bc*bd', ['abcbd', 'abcbcbd'], ['abd', 'abcd']],
  ['*aab*', ['aaab', 'xaaaab'], ['abab', 'aa']],
  ['*abab*c', ['ababac', 'xababababc'], ['abac']],
  ['a**b', ['ab', 'axb'], ['a', 'b']],
  ['a.c', ['a.c'], ['abc']],
  ['[a]?(b)+', ['[a]?(b)+'], ['ab']],
  ['\\*', ['*'], ['\\*', 'x']],
  ['a\\**', ['a*', 'a*x'], ['a', 'ax']],
  ['\\\\*', ['\\', '\\x'], ['*', 'x']],
  ['a\\b', ['a\\b'], ['ab']],
  ['a\\', ['a\\'], ['a']],
  ['/api/*/orders', ['/api/1/orders', '/api/1/2/orders', '/api//orders'], ['/api/orders']]
]
for (const [pattern, good, bad] of fits) {
  test(`"${pattern}" fits what it should`, t => {
    const matches = compileGlob(pattern)
    for (const text of good) t.true(matches(text), text)
    for (const text of bad) t.false(matches(text), text)
  })
  test(`"${pattern}" means the same in its canonical form`, t => {
    const canonical = canonicalGlob(pattern)
    const matches = compileGlob(canonical)
    for (const text of good) t.true(matches(text), text)
    for (const text of bad) t.false(matches(text), text)
    t.is(canonicalGlob(canonical), canonical)
  })
}

// With backtracking over four stars these would take longer than anybody waits.
const stalling: readonly (readonly [title: string, pattern: string, text: string, fits: boolean])[] = [
  ['stars between equal letters', '*a*a*a*a*b', 'a'.repeat(KIB_64), false],
  ['stars between equal letters that fit', '*a*a*a*a*b', `${'a'.repeat(KIB_64)}b`, true],
  ['512 stars', `${'*a'.repeat(511)}*b*`, 'a'.repeat(KIB_64), false],
  ['a long part that nearly fits everywhere', `*${'a'.repeat(1000)}b*`, 'a'.repeat(KIB_64), false],
  ['parts that each nearly fit', `*${'ab'.repeat(200)}c*${'ab'.repeat(200)}d*`, 'ab'.repeat(KIB_64 / 2), false]
]
for (const [title, pattern, text, isFit] of stalling) {
  test(`a pattern of ${title} is decided on 64 KiB, a thousand times`, t => {
    const matches = compileGlob(pattern)
    for (let count = 0; count < 1000; count++) t.assert(matches(text) === isFit)
  })
}

// The same question answered by trying everything.
function matchesSlowly (pieces: readonly string[], text: string): boolean {
  const [first = '', ...rest] = pieces
  if (!text.startsWith(first)) return false
  if (rest.length === 0) return text === first
  for (let at = first.length; at <= text.length; at++) {
    if (rest.length === 1 ? text.slice(at) === rest[0] : matchesSlowly(rest, text.slice(at))) return true
  }
  return false
}

test('patterns over two letters decide as trying everything does', t => {
  let seed = 20_260_301
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const word = (letters: string, length: number): string =>
    Array.from({ length: random(length) }, () => letters[random(letters.length)]).join('')
  let fitted = 0
  for (let count = 0; count < 20_000; count++) {
    const [pattern, text] = [word('aab**', 9), word('aab', 12)]
    const expected = matchesSlowly(splitGlob(pattern), text)
    if (expected) fitted++
    if (compileGlob(pattern)(text) !== expected) t.fail(`${pattern} on ${text}`)
  }
  t.true(fitted > 1000)
})

test('an escaped text is a pattern of itself alone', t => {
  for (const text of ['*', '\\', '\\*', 'a*b\\*c', '*/*']) t.deepEqual(splitGlob(escapeGlob(text)), [text])
})
