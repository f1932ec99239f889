import test from 'ava'
import { writeCheckRequest } from '../../../proxy/check/check-request.ts'
import { toCondition } from '../../../proxy/condition.ts'
import { readRequestHead } from '../../../http1/request-head.ts'
import type { Match } from '../../../intercepts/match.ts'

const write = (match: Match): string => {
  const written = writeCheckRequest(match, '10.0.0.9:80', 'i.1')
  return typeof written === 'string' ? written : written.toString()
}

test('a check carries exact headers as they are and patterns filled', t => {
  t.regex(write({
    headers: [
      { type: 'Exact', name: 'x-user', value: 'a=b; c' },
      { type: 'Glob', name: 'x-team', value: 'pay*-*\\*' }
    ],
    path: { type: 'Glob', value: '*/orders' }
  }), /^HEAD \/waylay\/orders HTTP\/1.1\r\nhost: 10.0.0.9:80\r\nx-user: a=b; c\r\nx-team: paywaylay-waylay\*\r\nuser-agent: waylay\/\S+ \(check\)\r\nx-waylay-nonce: i.1\r\nconnection: close\r\n\r\n$/)
})

test('a condition on Host or User-Agent takes the place of our own', t => {
  const text = write({ headers: [{ type: 'Exact', name: 'host', value: 'shop.example' }, { type: 'Glob', name: 'user-agent', value: 'Test*' }] })
  t.deepEqual(text.match(/^(host|user-agent): .*$/gm), ['host: shop.example', 'user-agent: Testwaylay'])
})

test('a header that would change the framing is not sent', t => {
  for (const name of ['content-length', 'transfer-encoding', 'connection', 'expect', 'upgrade']) {
    t.is(write({ headers: [{ type: 'Exact', name, value: '5' }] }), `a check cannot carry the header "${name}" that the match asks for`)
  }
})

test('every check fulfils the match that it was written for', t => {
  const matches: Match[] = [
    { headers: [] },
    { headers: [{ type: 'Exact', name: 'x-name', value: 'J\u00fcrgen \u{1F600}' }] },
    { headers: [{ type: 'Glob', name: 'x-a', value: '*' }, { type: 'Glob', name: 'x-a', value: 'b*c' }], path: { type: 'Exact', value: '/%7Ea;b=c' } },
    { headers: [{ type: 'Exact', name: 'baggage', value: 'waylay-id=maria' }], path: { type: 'PathPrefix', value: '/api' } },
    { headers: [{ type: 'Exact', name: 'cookie', value: 'a=1; b=2' }], path: { type: 'Glob', value: '/a*b*c' } }
  ]
  for (const match of matches) {
    const bytes = writeCheckRequest(match, '[fd00::1]:80', 'i.1')
    if (typeof bytes === 'string') throw new Error(bytes)
    const head = readRequestHead(bytes, 0, bytes.length)
    if (typeof head === 'string') throw new Error(head)
    t.true(toCondition(match).holds(head), JSON.stringify(match))
  }
})
