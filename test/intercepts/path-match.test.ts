import test from 'ava'
import { compilePath, pathOf, readPathMatch, type PathMatch } from '../../intercepts/path-match.ts'

const targets: readonly (readonly [target: string, path: string | undefined])[] = [
  ['/', '/'],
  ['/api/x?y=/z', '/api/x'],
  ['/?', '/'],
  ['//host/x', '//host/x'],
  ['/a/../b', '/a/../b'],
  ['/%2e/%41', '/%2e/%41'],
  ['http://shop.example/api?x', '/api'],
  ['HTTP://shop.example:8080/api', '/api'],
  ['http://shop.example', '/'],
  ['http://shop.example?x=/y', '/'],
  ['*', undefined],
  ['shop.example:443', undefined],
  ['', undefined]
]
for (const [target, path] of targets) {
  test(`the path of the target "${target}" is ${path ?? 'none'}`, t => t.is(pathOf(target), path))
}

const fits: readonly (readonly [path: PathMatch, good: readonly string[], bad: readonly string[]])[] = [
  [{ type: 'Exact', value: '/api' }, ['/api'], ['/api/', '/apix', '/API', '/', '//api', '/%61pi']],
  [{ type: 'Exact', value: '/api/' }, ['/api/'], ['/api']],
  [{ type: 'Exact', value: '/a*' }, ['/a*'], ['/ab']],
  [{ type: 'PathPrefix', value: '/api' }, ['/api', '/api/', '/api/x', '/api//x'], ['/apix', '/ap', '/Api', '/x/api', '/api;v=1']],
  [{ type: 'PathPrefix', value: '/api/' }, ['/api', '/api/x'], ['/apix']],
  [{ type: 'PathPrefix', value: '/' }, ['/', '/x', '//'], []],
  [{ type: 'Glob', value: '/api/*/orders' }, ['/api/1/orders', '/api/1/2/orders'], ['/api/orders', '/api/1/orders/2']],
  [{ type: 'Glob', value: '*.png' }, ['/a/b.png'], ['/a.png/x']],
  [{ type: 'Exact', value: '/café' }, ['/caf\u00c3\u00a9'], ['/café', '/caf%C3%A9']]
]
for (const [path, good, bad] of fits) {
  test(`${path.type} ${path.value} fits what it should`, t => {
    const matches = compilePath(readPathMatch(path))
    for (const sent of good) t.true(matches(sent), sent)
    for (const sent of bad) t.false(matches(sent), sent)
  })
}

const canonical: readonly (readonly [given: PathMatch, read: PathMatch])[] = [
  [{ type: 'PathPrefix', value: '/api//' }, { type: 'PathPrefix', value: '/api' }],
  [{ type: 'PathPrefix', value: '//' }, { type: 'PathPrefix', value: '/' }],
  [{ type: 'Exact', value: '/api/' }, { type: 'Exact', value: '/api/' }],
  [{ type: 'Glob', value: '/a**b' }, { type: 'Glob', value: '/a*b' }],
  [{ type: 'Glob', value: '/a\\*b' }, { type: 'Exact', value: '/a*b' }]
]
for (const [given, read] of canonical) {
  test(`${given.type} ${given.value} is ${read.type} ${read.value}`, t => {
    t.deepEqual(readPathMatch(given), read)
    t.deepEqual(readPathMatch(read), read)
  })
}

const malformed: readonly (readonly [title: string, item: unknown, message: RegExp])[] = [
  ['nothing', null, /the type is not Exact, PathPrefix or Glob/],
  ['a regular expression', { type: 'RegularExpression', value: '/a.*' }, /the type is not/],
  ['a number', { type: 'Exact', value: 5 }, /the value is not text/],
  ['something unknown beside it', { type: 'Exact', value: '/', flags: 'i' }, /"flags" is not known/],
  ['no slash', { type: 'PathPrefix', value: 'api' }, /"api": it does not begin with "\/"/],
  ['an empty text', { type: 'Glob', value: '' }, /does not begin with/],
  ['a query', { type: 'Exact', value: '/a?b=c' }, /"\?" is never part of a path/],
  ['a fragment', { type: 'Exact', value: '/a#b' }, /"#" is never part of a path/],
  ['a space', { type: 'Glob', value: '/a *' }, /%20/],
  ['a whole URL', { type: 'Exact', value: 'http://x/y' }, /does not begin with/],
  ['too many characters', { type: 'Exact', value: `/${'a'.repeat(1024)}` }, /it has 1025 characters, at most 1024/]
]
for (const [title, item, message] of malformed) {
  test(`${title} is no path condition and says why`, t => {
    t.throws(() => readPathMatch(item), { code: 'WAYLAY_MATCH_MALFORMED', message })
  })
}
