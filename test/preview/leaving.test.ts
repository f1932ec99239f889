import { createServer } from 'node:http'
import { constants } from 'node:http2'
import test from 'ava'
import { startGateway } from './cases.ts'
import { rawApp, until, visitWithHttp2 } from './http2-visitor.ts'

// Each of these has held a place and a connection of the app for ever.
for (const how of ['cancels a GET', 'cancels a POST', 'cancels half an answer', 'breaks the connection']) {
  test(`a visitor with HTTP/2 who ${how} leaves nothing behind`, async t => {
    let closed = 0
    const app = createServer((req, res) => {
      req.socket.on('close', () => { closed++ })
      if (how === 'cancels half an answer') res.write('half')
    })
    const started = await startGateway(t, app)
    const { session, open } = visitWithHttp2(t, started)
    const stream = how === 'cancels a POST' ? open('/', { ':method': 'POST' }, false) : open('/')
    if (how === 'cancels a POST') stream.write('x')
    await until('the request is on its way', () => started.gateway.handler.active() === 1)
    if (how === 'breaks the connection') session.destroy()
    else stream.close(constants.NGHTTP2_CANCEL)
    await until('the app\'s connection is closed', () => closed === 1)
    await until('its place is free', () => started.gateway.handler.active() === 0)
    t.is(closed, 1)
  })
}

test('a visitor with HTTP/2 who never read an answer that is whole leaves nothing behind', async t => {
  let isWritten = false
  const started = await startGateway(t, (_req, res) => { res.end(Buffer.alloc(300_000), () => { isWritten = true }) })
  const stream = visitWithHttp2(t, started).open('/')
  await until('the app has written it', () => isWritten)
  t.is(started.gateway.handler.active(), 1)
  stream.close(constants.NGHTTP2_CANCEL)
  await until('its place is free', () => started.gateway.handler.active() === 0)
})

test('a visitor who leaves while the Service is read reaches no app', async t => {
  const read = Promise.withResolvers<void>()
  let seen = 0
  const started = await startGateway(t, () => { seen++ }, {
    readService: async port => {
      await read.promise
      return { spec: { clusterIP: '127.0.0.1', selector: { app: 'a' }, ports: [{ port }] } }
    }
  })
  const { open } = visitWithHttp2(t, started)
  const stream = open('/')
  await until('the request is on its way', () => started.gateway.handler.active() === 1)
  stream.close(constants.NGHTTP2_CANCEL)
  await new Promise(resolve => { stream.once('close', resolve) })
  // The gateway has the reset when it answers what was sent behind it.
  open('/.waylay/nothing').resume()
  await new Promise(resolve => { setTimeout(resolve, 50) })
  read.resolve()
  await until('its place is free', () => started.gateway.handler.active() === 0)
  t.is(seen, 0)
})

const answers = {
  'in chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n',
  'as long as its connection lives': 'HTTP/1.1 200 OK\r\n\r\nok'
}
for (const [what, answer] of Object.entries(answers)) {
  test(`an answer ${what} that its app breaks off is told from a whole one, with HTTP/2 too`, async t => {
    const started = await startGateway(t, rawApp(answer, 'reset'))
    const { status, body, reset } = await visitWithHttp2(t, started).get('/')
    t.deepEqual([status, body, reset], [200, 'ok', constants.NGHTTP2_INTERNAL_ERROR])
    await t.throwsAsync(started.show('/'), { message: 'aborted' })
    await until('its place is free', () => started.gateway.handler.active() === 0)
  })
}

test('an app that switches protocols unasked is unreachable', async t => {
  const started = await startGateway(t, rawApp('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', 'stay'))
  t.is((await started.show('/')).status, 502)
  t.is(started.gateway.handler.active(), 0)
})
