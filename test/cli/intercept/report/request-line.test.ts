import test from 'ava'
import { describeRequest } from '../../../../cli/intercept/report/request-line.ts'
import { showText } from '../../../../cli/terminal/show-text.ts'
import type { TunnelEvent } from '../../../../tunnel/control-messages.ts'

const EVENT: TunnelEvent = {
  type: 'event', event: 'request', intercept: 'i', method: 'GET', path: '/charge', status: 201, durationMs: 13.7
}
const PLAIN = { atMs: new Date(2026, 0, 1, 12, 30, 7).getTime(), color: false, mark: '' }

test('a request is one line of time, method, path, status and duration', t => {
  t.is(describeRequest(EVENT, PLAIN), '12:30:07 GET /charge 201 14 ms')
})

test('a request or trace id ends the line', t => {
  t.is(describeRequest({ ...EVENT, requestId: '7d1f' }, PLAIN), '12:30:07 GET /charge 201 14 ms 7d1f')
})

test('colours stand only where they may', t => {
  const line = describeRequest({ ...EVENT, status: 503 }, { ...PLAIN, color: true })

  t.true(line.includes('\u001b[31m503\u001b[0m'))
  t.false(describeRequest({ ...EVENT, status: 503 }, PLAIN).includes('\u001b'))
})

test('a caller\'s path cannot write into the developer\'s terminal', t => {
  const path = '/a\u001b[2J\u001b]0;owned\u0007\r\nGET /faked 200\u009b31m\u202e'
  const line = describeRequest({ ...EVENT, path, requestId: '\u001b[31m' }, { ...PLAIN, color: true })

  const unpainted = line.replaceAll(/\u001b\[\d+m/g, '') // eslint-disable-line no-control-regex -- our own colours
  t.notRegex(unpainted, /[\u0000-\u001f\u007f-\u009f\u202e]/) // eslint-disable-line no-control-regex -- what must not be there
  t.true(unpainted.includes('/a\\x1b[2J\\x1b]0;owned\\x07\\x0d\\x0aGET'))
})

test('a path of a whole head is cut', t => {
  t.true(describeRequest({ ...EVENT, path: `/${'x'.repeat(60_000)}` }, PLAIN).length < 300)
})

test('letters of other languages are shown as they are', t => {
  t.is(showText('/straße/日本語/😀'), '/straße/日本語/😀')
  t.is(showText('\ud83d'), '\\ud83d')
})
