import test from 'ava'
import { readHeaderMatch } from '../../../../intercepts/header-match.ts'
import type { Match } from '../../../../intercepts/match.ts'
import { exampleRequest } from '../../../../cli/intercept/report/example-request.ts'

const header = (type: string, name: string, value: string) => readHeaderMatch({ type, name, value })
const lines: readonly (readonly [match: Match, line: string])[] = [
  [{ headers: [] }, 'curl http://app.shop/'],
  [{ headers: [header('Exact', 'x-waylay-id', 'maria')] }, 'curl -H \'x-waylay-id: maria\' http://app.shop/'],
  [{ headers: [header('Exact', 'a', 'it\'s')] }, 'curl -H \'a: it\'\\\'\'s\' http://app.shop/'],
  [{ headers: [header('Glob', 'x-user', '*@example.org'), header('Glob', 'b', '\\**')] }, 'curl -H \'x-user: x@example.org\' -H \'b: *x\' http://app.shop/'],
  [{ headers: [], path: { type: 'PathPrefix', value: '/api' }, methods: ['POST', 'PUT'] }, 'curl -X POST http://app.shop/api'],
  [{ headers: [], methods: ['HEAD'] }, 'curl -I http://app.shop/'],
  [{ headers: [], path: { type: 'Glob', value: '/api/*/orders' } }, 'curl http://app.shop/api/x/orders'],
  [{ headers: [], path: { type: 'Glob', value: '*/orders' } }, 'curl http://app.shop/x/orders'],
  [{ headers: [], path: { type: 'Glob', value: '*.png' } }, 'curl http://app.shop/x.png'],
  [{ headers: [], path: { type: 'Exact', value: '/a&b;$(c)' } }, 'curl \'http://app.shop/a&b;$(c)\'']
]
for (const [match, line] of lines) {
  test(`a request that fits is: ${line}`, t => t.is(exampleRequest(match, 'app.shop'), line))
}
