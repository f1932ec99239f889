import { execFile } from 'node:child_process'
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

  t.deepEqual(words.slice(0, 4), ['-X', 'PUT', '--data-binary', '@-'])
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
