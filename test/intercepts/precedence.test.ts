import test from 'ava'
import { readHeaderMatch } from '../../intercepts/header-match.ts'
import { parseMatch } from '../../intercepts/match.ts'
import { byPrecedence, type Ranked } from '../../intercepts/precedence.ts'

type Asked = {
  readonly exact?: readonly string[]
  readonly globs?: readonly string[]
  /** Type and value. */
  readonly path?: string
  readonly methods?: readonly string[]
}

function ranked ({ exact = [], globs = [], path, methods }: Asked, fence = 1, intercept = 'a'): Ranked {
  const [type, value] = path?.split(' ') ?? []
  const header = (type: string) => (text: string) => {
    const [name, value] = text.split('=')
    return readHeaderMatch({ type, name, value })
  }
  const headers = [...exact.map(header('Exact')), ...globs.map(header('Glob'))]
  const match = parseMatch({ headers, ...(path !== undefined && { path: { type, value } }), methods })
  return { match, fence, intercept }
}

const EXACT = { exact: ['a=1'] }
const order: readonly (readonly [title: string, first: Ranked, second: Ranked])[] = [
  ['two exact headers before one with everything else', ranked({ exact: ['a=1', 'b=2'] }),
    ranked({ ...EXACT, globs: ['b=long*', 'c=long*'], path: 'Exact /api/x', methods: ['GET'] })],
  ['one exact header before any number of patterns', ranked(EXACT), ranked({ globs: ['a=1*', 'b=2*', 'c=3*'] })],
  ['more patterns before longer ones', ranked({ globs: ['a=*', 'b=*'] }), ranked({ globs: ['a=something-long*'] })],
  ['the longer pattern before the shorter', ranked({ globs: ['a=12*'] }), ranked({ globs: ['a=1***********'] })],
  ['a pattern before an exact path', ranked({ globs: ['a=*'] }), ranked({ path: 'Exact /api' })],
  ['an exact path before a longer prefix', ranked({ ...EXACT, path: 'Exact /' }), ranked({ ...EXACT, path: 'PathPrefix /api/long' })],
  ['the longer prefix before the shorter', ranked({ path: 'PathPrefix /api/x' }), ranked({ path: 'PathPrefix /api' })],
  ['the longer pattern before the shorter prefix', ranked({ path: 'Glob /api/*/x' }), ranked({ path: 'PathPrefix /api' })],
  ['a prefix before a pattern as long', ranked({ path: 'PathPrefix /api' }), ranked({ path: 'Glob /api*' })],
  ['any path before none', ranked({ path: 'PathPrefix /' }), ranked({ methods: ['GET'] })],
  ['a path pattern without a letter before none', ranked({ path: 'Glob *' }), ranked({ methods: ['GET'] })],
  ['one method before two', ranked({ methods: ['GET'] }), ranked({ methods: ['GET', 'PUT'] })],
  ['many methods before none', ranked({ methods: [...'ABCDEFGH'] }), ranked({})],
  ['the older before the newer', ranked(EXACT, 1, 'b'), ranked(EXACT, 2, 'a')],
  ['alike in all, by name', ranked({ exact: ['a=2'] }, 1, 'a'), ranked({ exact: ['a=10'] }, 1, 'b')]
]
for (const [title, first, second] of order) {
  test(`precedence: ${title}`, t => {
    t.true(byPrecedence(first, second) < 0)
    t.true(byPrecedence(second, first) > 0)
    t.is(byPrecedence(first, first), 0)
  })
}
