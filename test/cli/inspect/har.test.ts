import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import path from 'node:path'
import test from 'ava'
import { harOf } from '../../../cli/inspect/har.ts'
import { MASK } from '../../../cli/inspect/mask.ts'
import { faultsOf, type JsonSchema } from '../../helpers/json-schema.ts'
import { aLog, ORIGIN } from './records.ts'

const schema = JSON.parse(readFileSync(path.join(import.meta.dirname, 'har-1.2.schema.json'), 'utf8')) as JsonSchema

type Har = { readonly log: { readonly entries: readonly Entry[] } }
type Entry = {
  readonly time: number
  readonly _webSocketMessages?: readonly { readonly type: string, readonly opcode: number, readonly data: string }[]
  readonly request: { readonly queryString: readonly Pair[] }
  readonly response: { readonly content: object }
  readonly timings: { readonly connect: number, readonly send: number, readonly wait: number, readonly receive: number }
}
type Pair = { readonly name: string, readonly value: string }

/** One of each kind: whole, still open, refused, binary, replayed. */
function aBusyLog () {
  const log = aLog()
  const whole = log.begin(ORIGIN, {
    method: 'POST', target: '/charge?token=abc&x=1', headers: [['host', 'pay.shop', 'Host'], ['cookie', 'a=abc'], ['content-type', 'application/json']]
  })
  whole.sent()
  whole.requestBody.push(Buffer.from('{"password":"abc"}'))
  whole.requestEnded()
  whole.respond(201, 'Created', [['content-type', 'text/plain'], ['content-encoding', 'gzip'], ['location', '/charge/7']])
  whole.responseBody.push(gzipSync('unfolded'))
  whole.end()
  log.begin(ORIGIN, { method: 'GET', target: '/open', headers: [] })
  log.begin(ORIGIN, { method: 'GET', target: '/refused', headers: [] }).fail('Nothing listens')
  const binary = log.begin({ ...ORIGIN, replayOf: 1 }, { method: 'GET', target: '*', headers: [] })
  binary.respond(200, '', [])
  binary.responseBody.push(Buffer.from([0, 255]))
  binary.end()
  log.begin({ ...ORIGIN, protocol: 'tcp' }, { method: '', target: '', headers: [] })
  return log
}

test('an export is an HTTP archive 1.2, with and without secrets', t => {
  const { exchanges } = aBusyLog()
  t.deepEqual(faultsOf(harOf(exchanges, false), schema), [])
  t.deepEqual(faultsOf(harOf(exchanges, true), schema), [])
})

test('the check finds an archive that lacks a field', t => {
  const { log } = harOf(aBusyLog().exchanges, false) as { log: { entries: { request: { url?: string } }[] } }
  delete log.entries[0]?.request.url
  t.is(faultsOf({ log }, schema).length, 1)
})

test('an entry holds what passed, and a connection that is no HTTP is left out', t => {
  const { log: { entries } } = harOf(aBusyLog().exchanges, true) as Har
  t.is(entries.length, 4)
  t.like(entries[0]?.request, { url: 'http://pay.shop/charge?token=abc&x=1', postData: { mimeType: 'application/json', text: '{"password":"abc"}' } })
  t.deepEqual(entries[0]?.request.queryString, [{ name: 'token', value: 'abc' }, { name: 'x', value: '1' }])
  t.like(entries[0]?.response, { status: 201, content: { text: 'unfolded' } })
  t.like(entries[3]?.response.content, { text: 'AP8=', encoding: 'base64' })
})

test('no secret is in an export that hides them', t => {
  const text = JSON.stringify(harOf(aBusyLog().exchanges, false))
  t.notRegex(text, /abc/)
  t.true(text.includes(MASK))
})

test('messages of a WebSocket stand in an entry as Chrome writes them', t => {
  const log = aLog()
  const chat = log.begin(ORIGIN, { method: 'GET', target: '/chat', headers: [] })
  chat.kind = 'websocket'
  const messages = chat.keepMessages()
  for (const [way, kind, said] of [
    ['sent', 'text', '{"token":"abc"}'], ['received', 'ping', ''], ['received', 'binary', '\u0001'], ['received', 'binary', '{"token":"abc"}']
  ] as const) messages.add({ way, kind, totalBytes: said.length, isCut: false, isPacked: false }, Buffer.from(said))

  const seen = (showsSecrets: boolean): readonly unknown[] => {
    const har = harOf(log.exchanges, showsSecrets) as Har
    t.deepEqual(faultsOf(har, schema), [])
    return har.log.entries[0]?._webSocketMessages?.map(({ type, opcode, data }) => [type, opcode, data]) ?? []
  }
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  t.deepEqual(seen(true), [['send', 1, '{"token":"abc"}'], ['receive', 2, 'AQ=='], ['receive', 2, base64('{"token":"abc"}')]])
  t.deepEqual(seen(false), [['send', 1, `{"token":"${MASK}"}`], ['receive', 2, 'AQ=='], ['receive', 2, base64(`{"token":"${MASK}"}`)]])
})

test('the timings of an entry make up its time', t => {
  for (const { time, timings } of (harOf(aBusyLog().exchanges, false) as Har).log.entries) {
    const { connect, send, wait, receive } = timings
    t.is(connect + send + wait + receive, time)
    t.true([connect, send, wait, receive].every(ms => ms >= 0))
  }
})
