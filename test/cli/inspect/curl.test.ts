import { execFile } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { promisify } from 'node:util'
import test from 'ava'
import type { RequestStart } from '../../../cli/inspect/exchange.ts'
import { curlOf } from '../../../cli/inspect/curl.ts'
import { LIMITS } from '../../../cli/inspect/exchange-log.ts'
import { aLog, ORIGIN } from './records.ts'

const run = promisify(execFile)

/** What a shell hands to curl: its arguments, and what comes on its standard input. */
async function handedOver (command: string) {
  const script = `curl () { printf '%s\\0' "$@"; for word; do [ "$word" = @- ] && base64; done; true; }\n${command}`
  const { stdout } = await run('sh', ['-c', script], { encoding: 'buffer' })
  const at = stdout.lastIndexOf(0)
  return { words: stdout.subarray(0, at).toString('utf8').split('\0'), input: Buffer.from(stdout.subarray(at + 1).toString(), 'base64') }
}

function exchangeOf (start: Partial<RequestStart>, body: string | Buffer = '', limits = LIMITS) {
  const exchange = aLog(limits).begin(ORIGIN, { method: 'GET', target: '/', headers: [], ...start })
  exchange.requestBody.push(Buffer.from(body))
  return exchange
}

test('quotes, line ends, dollars and backslashes reach curl as they were', async t => {
  const body = 'it\'s "quoted"\n$HOME `id` \\n \'\'\' ü ™'
  const exchange = exchangeOf({
    method: 'POST', target: '/a\'b?x=$(id)', headers: [['content-type', 'text/plain', 'Content-Type'], ['x-odd', 'a\'b"c $PATH', 'X-Odd']]
  }, body)

  const { words } = await handedOver(curlOf(exchange, false))

  t.deepEqual(words, ['-H', 'Content-Type: text/plain', '-H', 'X-Odd: a\'b"c $PATH', '--data-binary', body, 'http://127.0.0.1:3000/a\'b?x=$(id)'])
})

test('bytes that are no text go through a pipe unchanged', async t => {
  const bytes = Buffer.from([0, 1, 2, 0xff, 0xfe, 10, 13, 39])
  const { words, input } = await handedOver(curlOf(exchangeOf({ method: 'PUT' }, bytes), false))

  t.deepEqual(words.slice(0, 6), ['-X', 'PUT', '-H', 'Content-Type:', '--data-binary', '@-'])
  t.true(bytes.equals(input))
})

test('a body that begins with @ is no name of a file', async t => {
  const { words } = await handedOver(curlOf(exchangeOf({ method: 'POST' }, '@/etc/passwd'), false))
  t.deepEqual(words, ['-H', 'Content-Type:', '--data-raw', '@/etc/passwd', 'http://127.0.0.1:3000/'])
})

test('what curl writes by itself is left to it', async t => {
  const exchange = exchangeOf({ headers: [['host', 'pay.shop'], ['content-length', '3'], ['connection', 'close'], ['x-empty', '']] })
  t.deepEqual((await handedOver(curlOf(exchange, false))).words, ['-H', 'host: pay.shop', '-H', 'x-empty;', 'http://127.0.0.1:3000/'])
})

test('a path that curl would change is sent as it is', async t => {
  const { words } = await handedOver(curlOf(exchangeOf({ target: '/a/../b/[1]' }), false))
  t.deepEqual(words, ['--path-as-is', '--globoff', 'http://127.0.0.1:3000/a/../b/[1]'])
})

test('secrets are hidden unless they are asked for', t => {
  const exchange = exchangeOf({
    method: 'POST', target: '/?token=abc', headers: [['authorization', 'Bearer abc'], ['content-type', 'application/json']]
  }, '{"password": "abc"}')

  t.notRegex(curlOf(exchange, false), /abc/)
  t.is(curlOf(exchange, true).match(/abc/g)?.length, 3)
})

test('a body that was cut is said to be cut', t => {
  const exchange = exchangeOf({ method: 'POST' }, 'abcdef', { ...LIMITS, bodyBytes: 3 })
  t.regex(curlOf(exchange, false), /^# The body is cut: 3 of 6 bytes were kept\.\ncurl /)
})

test('a target that would name another host stays a target', async t => {
  for (const target of ['@evil.example/', '*', 'http://evil.example/?token=abc']) {
    const { words } = await handedOver(curlOf(exchangeOf({ method: 'OPTIONS', target }), true))
    t.deepEqual(words.slice(-3), ['--request-target', target, 'http://127.0.0.1:3000/'])
  }
})

test('what a terminal would obey is never in the command, and reaches curl', async t => {
  const odd = 'a\u0003\u001b[201~\\n\u009b\'$(id)\u007f'
  const exchange = exchangeOf({
    method: 'POST', target: '/\u0007', headers: [['x-odd', Buffer.from(odd).toString('latin1')], ['content-type', 'text/plain']]
  }, `${odd}\r\n`)

  const command = curlOf(exchange, false)
  const { words, input } = await handedOver(command)

  // eslint-disable-next-line no-control-regex -- what must not stand there
  t.notRegex(command, /[\u0000-\u001f\u007f-\u009f]/)
  t.true(words.includes(`x-odd: ${odd}`))
  t.is(words.at(-1), 'http://127.0.0.1:3000/\u0007')
  t.is(input.toString(), `${odd}\r\n`)
})

test('a packed body hides its secrets too, unpacked, and is sent as it was where it has none', async t => {
  const headers: RequestStart['headers'] = [['content-type', 'application/json'], ['content-encoding', 'gzip']]
  const hidden = curlOf(exchangeOf({ method: 'POST', headers }, gzipSync('{"token":"abc"}')), false)
  t.true(hidden.includes('"token":"••••"'))
  t.false(hidden.includes('content-encoding'))

  const packed = gzipSync('{"a":1}')
  const { words, input } = await handedOver(curlOf(exchangeOf({ method: 'POST', headers }, packed), false))
  t.true(words.includes('content-encoding: gzip'))
  t.true(packed.equals(input))
})

test('bytes of UTF-8 in a path, and a mark of their order in a body, are sent as they were', async t => {
  const { words } = await handedOver(curlOf(exchangeOf({ method: 'POST', target: Buffer.from('/café').toString('latin1') }, '\ufeff{}'), false))
  t.deepEqual(words.slice(-2), ['\ufeff{}', 'http://127.0.0.1:3000/café'])
})
