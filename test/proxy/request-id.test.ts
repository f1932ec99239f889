import test from 'ava'
import { requestIdOf } from '../../proxy/request-id.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

function idOf (fields: Readonly<Record<string, string>>): string | undefined {
  return requestIdOf({
    method: 'GET', target: '/', values: name => fields[name] === undefined ? [] : [fields[name]]
  })
}

test('a request is known by its request id before its trace id', t => {
  const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`
  t.is(idOf({ 'x-request-id': 'r-1', traceparent }), 'r-1')
  t.is(idOf({ traceparent }), TRACE)
  t.is(idOf({ traceparent: `cc-${TRACE}-00f067aa0ba902b7-01-what-the-future-brings` }), TRACE)
  t.is(idOf({}), undefined)
})

test('what cannot stand in a terminal is no request id', t => {
  t.is(idOf({ 'x-request-id': '\u001b[2J' }), undefined)
  t.is(idOf({ 'x-request-id': '' }), undefined)
  t.is(idOf({ 'x-request-id': 'caf\u00e9' }), undefined)
  t.is(idOf({ 'x-request-id': 'x'.repeat(4000) }), 'x'.repeat(128))
})

test('a traceparent that is none names nothing', t => {
  for (const traceparent of [TRACE, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`, `00-${TRACE}-00f067aa0ba902b7-01x`]) {
    t.is(idOf({ traceparent }), undefined, traceparent)
  }
})
