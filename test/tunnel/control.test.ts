import { duplexPair } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import type { WaylayError } from '../../common/errors.ts'
import type { FromCli, FromProxy } from '../../tunnel/control-messages.ts'
import { createCliControl, createProxyControl } from '../../tunnel/control.ts'
import { encodeMessage } from '../../tunnel/length-prefix.ts'
import { splitBytewise } from './helpers/random.ts'
import { until } from '../cli/helpers/until.ts'
import { openSessionPair, settle } from './helpers/session-pair.ts'

const fromCli: FromCli[] = [
  { type: 'hello', protocol: 1, version: '0.1.0', features: ['a'] },
  { type: 'add', intercept: 'i-1', ticket: 'ticket', proof: 'proof' },
  { type: 'remove', intercept: 'i-1' }
]

const fromProxy: FromProxy[] = [
  {
    type: 'welcome',
    protocol: 1,
    version: '0.1.0',
    features: [],
    nonce: 'bm9uY2U=',
    namespace: 'shop',
    pod: 'payments-1',
    workload: 'deployment/payments',
    ports: [{ port: 8080, redirected: true }, { port: 9090, redirected: false }]
  },
  { type: 'added', intercept: 'i-1', bypassing: 3 },
  { type: 'refused', intercept: 'i-1', code: 'WAYLAY_TICKET_REFUSED', message: 'Ünknown key' },
  { type: 'removed', intercept: 'i-1' },
  { type: 'ended', intercept: 'i-1', code: 'WAYLAY_CONFLICT', message: 'taken over' },
  { type: 'event', event: 'request', intercept: 'i-1', method: 'GET', path: '/', status: 200, durationMs: 1.5 },
  { type: 'event', event: 'opaque', intercept: 'i-1', reason: 'server first' }
]

/** Both ends of stream 1, in memory, and what each heard. */
function openControls () {
  const [cliStream, proxyStream] = duplexPair()
  const heard = {
    byCli: [] as FromProxy[],
    byProxy: [] as FromCli[],
    unknown: [] as unknown[],
    errors: [] as WaylayError[]
  }
  const cli = createCliControl(cliStream, {
    onMessage: message => { heard.byCli.push(message) }, onError: error => { heard.errors.push(error) }
  })
  const proxy = createProxyControl(proxyStream, {
    onMessage: message => { heard.byProxy.push(message) },
    onError: error => { heard.errors.push(error) },
    onUnknown: message => { heard.unknown.push(message) }
  })
  return { cli, proxy, cliStream, proxyStream, heard }
}

test('every message of either side arrives as it was sent', async t => {
  const { cli, proxy, heard } = openControls()
  for (const message of fromCli) cli.send(message)
  for (const message of fromProxy) proxy.send(message)
  await until(() => heard.byCli.length === fromProxy.length)
  t.deepEqual(heard.byProxy, fromCli)
  t.deepEqual(heard.byCli, fromProxy)
  t.deepEqual(heard.errors, [])
})

const event = (path: string): FromProxy => ({ type: 'event', event: 'request', intercept: 'i-1', method: 'GET', path, status: 200 })

test('events that follow each other go together, and before a later message', async t => {
  const { proxy, cliStream, proxyStream, heard } = openControls()
  let chunks = 0
  cliStream.on('data', () => { chunks++ })
  for (let index = 0; index < 100; index++) proxy.send(event(`/${index}`))
  proxy.send({ type: 'removed', intercept: 'i-1' })
  await settle()
  t.deepEqual(heard.byCli, [...Array.from({ length: 100 }, (_, index) => event(`/${index}`)), { type: 'removed', intercept: 'i-1' }])
  t.true(chunks <= 2)

  proxy.send(event('/alone'))
  await until(() => heard.byCli.length === 102)
  proxy.send(event('/too-late'))
  proxyStream.destroy()
  await delay(50)
  t.is(heard.byCli.length, 102)
})

test('events that are many do not wait for their time', async t => {
  const { proxy, heard } = openControls()
  for (let index = 0; index < 100; index++) proxy.send(event(`/${'x'.repeat(500)}`))
  await settle()
  t.true(heard.byCli.length > 50)
})

test('messages that come one byte at a time are the same', async t => {
  const { cliStream, heard } = openControls()
  for (const byte of splitBytewise(Buffer.concat(fromCli.map(encodeMessage)))) cliStream.write(byte)
  for (let round = 0; round < 20; round++) await settle()
  t.deepEqual(heard.byProxy, fromCli)
})

test('unknown types and fields are passed over, known ones still count', async t => {
  const { cliStream, heard } = openControls()
  cliStream.write(encodeMessage({ type: 'teleport', to: 'mars' }))
  cliStream.write(encodeMessage({ type: 'remove', intercept: 'i-2', because: 'later version' }))
  await settle()
  t.deepEqual(heard.unknown, [{ type: 'teleport', to: 'mars' }])
  t.deepEqual(heard.byProxy, [{ type: 'remove', intercept: 'i-2' }])
})

test('an error code of another version is read as a version difference', async t => {
  const { proxyStream, heard } = openControls()
  proxyStream.write(encodeMessage({ type: 'refused', intercept: 'i', code: 'WAYLAY_FUTURE', message: 'new' }))
  await settle()
  t.like(heard.byCli[0], { code: 'WAYLAY_TUNNEL_PROTOCOL', message: 'new' })
})

const refuses = test.macro(async (t, bytes: Buffer, message: RegExp) => {
  const { cliStream, proxyStream, heard } = openControls()
  cliStream.write(bytes)
  cliStream.write(encodeMessage({ type: 'remove', intercept: 'never heard' }))
  await settle()
  t.is(heard.errors.length, 1)
  t.is(heard.errors[0]?.code, 'WAYLAY_TUNNEL_PROTOCOL')
  t.regex(heard.errors[0]?.message ?? '', message)
  t.true(proxyStream.destroyed)
  t.deepEqual(heard.byProxy, [])
})

test('a message over 64 KiB is refused at its length', refuses, Buffer.from([0, 1, 0, 1]), /65537 bytes/)
test('a message that is no JSON is refused', refuses, Buffer.from([0, 0, 0, 1, 0x7b]), /not JSON/)
test('a message that is no object is refused', refuses, encodeMessage([1]), /"\(whole\)" is \[1\]/)
test('a missing field is refused by its name', refuses, encodeMessage({ type: 'remove' }), /"intercept" is missing/)
test('a field of another type is refused with its value', refuses,
  encodeMessage({ type: 'hello', protocol: 'one', version: '', features: [] }), /"protocol" is "one"/)

test('a failure of our own in onMessage is reported as ours', async t => {
  const [left, right] = duplexPair()
  const errors: WaylayError[] = []
  createProxyControl(right, { onMessage: () => { throw new TypeError('bug') }, onError: error => errors.push(error) })
  left.on('error', () => {})
  left.write(encodeMessage({ type: 'remove', intercept: 'i' }))
  await settle()
  t.deepEqual(errors.map(error => error.code), ['WAYLAY_INTERNAL'])
})

test('sending on a stream that is gone is quietly dropped', async t => {
  const { cli, cliStream } = openControls()
  cliStream.destroy()
  t.false(cli.send({ type: 'remove', intercept: 'i' }))
})

test('a peer that asks without end and reads nothing is stopped', async t => {
  const network = openSessionPair(t, {
    proxy: {
      onStream: stream => {
        const control = createProxyControl(stream, {
          onError: () => {},
          onMessage: () => { control.send({ type: 'removed', intercept: 'i'.repeat(1000) }) }
        })
      }
    }
  })
  await network.cli.session.ready
  const asking = network.cli.session.openStream()
  const questions = Buffer.concat(Array.from({ length: 5000 }, () => encodeMessage({ type: 'remove', intercept: 'i-1' })))
  for (let flood = 0; flood < 20; flood++) asking.write(questions)
  await settle()
  const [stream] = network.proxy.streams

  // 20 floods would be answered with 100 MB.
  t.true((stream?.writableLength ?? Infinity) < 3 * 1024 * 1024, `${stream?.writableLength}`)
  t.true(asking.writableLength > 0)
  let heard = 0
  asking.on('data', (bytes: Buffer) => { heard += bytes.length })
  await until(() => heard === 100_000 * (4 + Buffer.byteLength(JSON.stringify({ type: 'removed', intercept: 'i'.repeat(1000) }))))
})

test('events are dropped while nobody reads, answers are not', t => {
  const [proxyStream] = duplexPair()
  const control = createProxyControl(proxyStream, { onError: () => {}, onMessage: () => {} })
  const event = { type: 'event', event: 'opaque', intercept: 'i-1', reason: 'r'.repeat(10_000) } as const
  for (let index = 0; index < 1000; index++) control.send(event)
  const held = proxyStream.writableLength
  control.send({ type: 'removed', intercept: 'i-1' })
  t.true(held < 400_000, `${held}`)
  t.true(proxyStream.writableLength > held)
})
