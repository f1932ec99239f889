import { once } from 'node:events'
import { connect, type OutgoingHttpHeaders } from 'node:http2'
import test, { type ExecutionContext } from 'ava'
import {
  CONTINUATION, END_HEADERS, END_STREAM, HEADERS, PADDED, PRIORITY_FLAG, SETTINGS, writeFrameHead
} from '../../../http2/frame.ts'
import { MAX_EDITED_FIELDS } from '../../../http1/baggage-edit.ts'
import { HeaderList } from '../../../http2/header-list.ts'
import { encodeHeaders, prependTableOff } from '../../../http2/hpack-encoder.ts'
import { MAX_HEADER_LIST_SIZE } from '../../../http2/settings.ts'
import { serveHttp2 } from '../../helpers/http2-app.ts'
import { proxyHttp2 } from '../../helpers/http2-port.ts'
import { callRaw, type RawCaller } from '../../helpers/raw-http2.ts'
import { recordHttp2, type AppSettings, type RecordingApp } from '../../helpers/recording-http2-app.ts'

const ID = 'maria-12345678'
const MARIA = { 'x-waylay-id': ID }
const MEMBER = `waylay-id=${ID}`

/** Fields of a request, and its baggage as it arrives. */
const REQUESTS: Readonly<Record<string, readonly [fields: OutgoingHttpHeaders, baggage: string | undefined]>> = {
  'no baggage': [MARIA, MEMBER],
  'foreign baggage': [{ baggage: 'tenant=a;p=1', ...MARIA }, `tenant=a;p=1,${MEMBER}`],
  'several baggage fields': [{ ...MARIA, baggage: ['a=b', 'c=d'] }, `a=b, c=d,${MEMBER}`],
  'an empty baggage field': [{ ...MARIA, baggage: '' }, MEMBER],
  'a member of another value': [{ ...MARIA, baggage: 'a=b,waylay-id=jon' }, 'a=b,waylay-id=jon'],
  'a value with a comma': [{ 'x-waylay-id': 'a, b' }, 'waylay-id=a%2C%20b'],
  'an empty value': [{ 'x-waylay-id': '' }, undefined],
  'baggage alone': [{ baggage: 'tenant=a' }, 'tenant=a'],
  'no room left': [{ ...MARIA, baggage: `a=${'x'.repeat(7900)}` }, `a=${'x'.repeat(7900)}`]
}
for (const [name, [fields, baggage]] of Object.entries(REQUESTS)) {
  for (const intercepted of [false, true]) {
    test(`each request of HTTP/2 with ${name} arrives as it is to be, ${intercepted ? 'beside' : 'without'} an intercept`, async t => {
      const seen: unknown[] = []
      const serve = async () => await serveHttp2(t, (stream, headers) => {
        seen.push([headers['baggage'], headers['x-last'], headers['cookie']])
        stream.respond({ ':status': 204 }, { endStream: true })
      })
      const proxied = await proxyHttp2(t, (await serve()).port)
      if (intercepted) proxied.intercept(ID, (await serve()).port)
      const session = connect(`http://127.0.0.1:${proxied.port}`)
      t.teardown(() => session.destroy())

      // The first before the caller knows that no table is kept, the others after it.
      for (let count = 0; count < 3; count++) {
        const stream = session.request({ ':path': '/', cookie: 'a=1; b=2', ...fields, 'x-last': 'yes' })
        stream.resume()
        await once(stream, 'close')
      }

      t.deepEqual(seen, Array(3).fill([baggage, 'yes', 'a=1; b=2']))
      t.deepEqual(proxied.opaque, [])
    })
  }
}

type Pod = { readonly app: RecordingApp, readonly caller: RawCaller }

/** A caller whose blocks build on no other from the first one on, which has passed. */
async function start (
  t: ExecutionContext, { propagates, settings }: { propagates?: boolean, settings?: AppSettings } = {}
): Promise<Pod> {
  const app = await recordHttp2(t, settings)
  const proxied = await proxyHttp2(t, app.port, { ...propagates !== undefined && { propagates } })
  const caller = await callRaw(t, proxied.port)
  await caller.until(() => caller.frames.some(({ type }) => type === SETTINGS))
  const first = blockOf({})
  caller.send(headers(1, END_STREAM | END_HEADERS, prependTableOff(first, 0, first.length)))
  await app.until(() => app.blocks.length === 1)
  app.frames.length = app.blocks.length = 0
  return { app, caller }
}

function blockOf (fields: Record<string, string>, neverIndexed = false): Buffer {
  const list = new HeaderList()
  const all = { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'shop', ...fields }
  for (const [name, value] of Object.entries(all)) list.add(name, value, neverIndexed && name === 'baggage')
  return Buffer.from(encodeHeaders(list, undefined))
}

function headers (streamId: number, flags: number, payload: Buffer, type = HEADERS): Buffer {
  const frame = Buffer.alloc(9 + payload.length)
  payload.copy(frame, writeFrameHead(frame, 0, payload.length, type, flags, streamId))
  return frame
}

const PRIORITY = Buffer.from('8000000007', 'hex')
const PADDING = Buffer.alloc(9)

function padded (block: Buffer): Buffer {
  return Buffer.concat([Buffer.of(PADDING.length), PRIORITY, block, PADDING])
}

test('a padded block of several frames with a priority keeps its priority and its end', async t => {
  const { app, caller } = await start(t)
  const block = blockOf({ baggage: 'a=b', ...MARIA, 'x-last': 'yes' })
  const flags = PADDED | PRIORITY_FLAG

  caller.send(headers(3, flags, padded(block.subarray(0, 20))), headers(3, 0, block.subarray(20, 30), CONTINUATION))
  caller.send(headers(3, END_HEADERS, block.subarray(30), CONTINUATION))
  caller.send(headers(5, flags | END_STREAM | END_HEADERS, padded(block)))

  await app.until(() => app.blocks.length === 2)
  for (const [index, wanted] of [PRIORITY_FLAG | END_HEADERS, PRIORITY_FLAG | END_HEADERS | END_STREAM].entries()) {
    t.is(app.frames[index]?.[4], wanted)
    t.deepEqual(app.frames[index]?.subarray(9, 14), PRIORITY)
    t.is(app.blocks[index]?.first('baggage'), `a=b,${MEMBER}`)
    t.is(app.blocks[index]?.names.slice(0, app.blocks[index].length).at(-1), 'x-last')
  }
})

test('baggage that must never be put into a table stays so', async t => {
  const { app, caller } = await start(t)

  caller.send(headers(3, END_STREAM | END_HEADERS, blockOf({ baggage: 'secret=a', ...MARIA }, true)))

  await app.until(() => app.blocks.length === 1)
  const [fields] = app.blocks
  t.is(fields?.first('baggage'), `secret=a,${MEMBER}`)
  t.true(fields?.neverIndexed[fields.lastIndexOf('baggage')])
})

test('a block that makes the table smaller still says so', async t => {
  const { app, caller } = await start(t)
  const block = blockOf(MARIA)

  caller.send(headers(3, END_STREAM | END_HEADERS, prependTableOff(block, 0, block.length)))

  await app.until(() => app.blocks.length === 1)
  t.is(app.frames[0]?.[9], 0x20)
  t.is(app.blocks[0]?.first('baggage'), MEMBER)
})

const UNTOUCHED: Readonly<Record<string, Buffer>> = {
  'no routing header': blockOf({ baggage: 'a=b', 'x-waylay-idx': ID }),
  'the member': blockOf({ ...MARIA, baggage: MEMBER }),
  'a name in upper case': blockOf({ ...MARIA, 'X-Bad': 'y' }),
  'a line break in a value': blockOf({ 'x-waylay-id': 'a\r\nb' }),
  'more than 8 KiB of fields': blockOf({ ...MARIA, 'x-long': 'y'.repeat(8100) })
}
for (const [name, block] of Object.entries(UNTOUCHED)) {
  test(`a block with ${name} passes byte for byte`, async t => {
    const { app, caller } = await start(t)
    const sent = headers(3, PADDED | PRIORITY_FLAG | END_STREAM | END_HEADERS, padded(block))

    caller.send(sent)

    await app.until(() => app.blocks.length === 1)
    t.deepEqual(app.frames, [sent])
  })
}

const LISTED = { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'shop', ...MARIA, baggage: MEMBER }
const LISTED_BYTES = Object.entries(LISTED).reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0)

test('the member is added as long as the list of fields has room for it', async t => {
  const { app, caller } = await start(t)
  const used = LISTED_BYTES + 'x-long'.length + 32

  for (const [index, length] of [8192 - used, 8192 - used + 1].entries()) {
    const block = blockOf({ ...MARIA, 'x-long': 'y'.repeat(length) })
    caller.send(headers(3 + 2 * index, END_STREAM | END_HEADERS, block))
  }

  await app.until(() => app.blocks.length === 2)
  t.deepEqual(app.blocks.map(fields => fields.first('baggage')), [MEMBER, undefined])
})

const LIMITS: Readonly<Record<string, readonly [settings: AppSettings, baggage: string | undefined]>> = {
  'what the request has with the member': [[[MAX_HEADER_LIST_SIZE, LISTED_BYTES]], MEMBER],
  'a byte less': [[[MAX_HEADER_LIST_SIZE, LISTED_BYTES - 1]], undefined],
  'less and then more': [[[MAX_HEADER_LIST_SIZE, LISTED_BYTES - 1], [MAX_HEADER_LIST_SIZE, 2 ** 32 - 1]], undefined],
  'more than anybody has': [[[MAX_HEADER_LIST_SIZE, 2 ** 32 - 1]], MEMBER]
}
for (const [name, [settings, baggage]] of Object.entries(LIMITS)) {
  test(`the member is added as the app's SETTINGS allow: ${name}`, async t => {
    const { app, caller } = await start(t, { settings })

    caller.send(headers(3, END_STREAM | END_HEADERS, blockOf(MARIA)))

    await app.until(() => app.blocks.length === 1)
    t.is(app.blocks[0]?.first('baggage'), baggage)
  })
}

test('an app with a low limit answers every request', async t => {
  // What it takes is what these requests have, and not their member.
  const { port } = await serveHttp2(t, stream => stream.respond({ ':status': 204 }, { endStream: true }), {
    settings: { maxHeaderListSize: LISTED_BYTES - 1 }
  })
  const session = connect(`http://127.0.0.1:${(await proxyHttp2(t, port)).port}`)
  t.teardown(() => session.destroy())
  await once(session, 'remoteSettings')

  for (let count = 0; count < 3; count++) {
    const stream = session.request({ ':path': '/', ':authority': 'shop', ...MARIA })
    stream.resume()
    const [answer] = await once(stream, 'response') as [{ ':status': number }]
    t.is(answer[':status'], 204)
  }
})

test('the member gets no field of its own beyond what servers take, and a field that is there still gets it', async t => {
  const { app, caller } = await start(t)
  const padded = (count: number, baggage = {}): Buffer => {
    const own = { ...MARIA, ...baggage }
    const more = count - 4 - Object.keys(own).length
    return blockOf({ ...own, ...Object.fromEntries(Array.from({ length: more }, (_, index) => [`x-${index}`, ''])) })
  }
  const blocks = [
    padded(MAX_EDITED_FIELDS - 1), padded(MAX_EDITED_FIELDS), padded(MAX_EDITED_FIELDS, { baggage: 'a=b' })
  ]

  for (const [index, block] of blocks.entries()) caller.send(headers(3 + 2 * index, END_STREAM | END_HEADERS, block))

  await app.until(() => app.blocks.length === blocks.length)
  t.deepEqual(app.blocks.map(fields => fields.first('baggage')), [MEMBER, undefined, `a=b,${MEMBER}`])
})

test('trailers get no member', async t => {
  const { app, caller } = await start(t)
  const trailers = headers(3, END_STREAM | END_HEADERS, Buffer.from('\0\x0bx-waylay-id\x01m', 'latin1'))

  caller.send(headers(3, END_HEADERS, blockOf({})), trailers)

  await app.until(() => app.blocks.length === 2)
  t.deepEqual(app.frames[1], trailers)
})

test('a port on demand adds nothing', async t => {
  const { app, caller } = await start(t, { propagates: false })
  const sent = headers(3, END_STREAM | END_HEADERS, blockOf(MARIA))

  caller.send(sent)

  await app.until(() => app.blocks.length === 1)
  t.deepEqual(app.frames, [sent])
})
