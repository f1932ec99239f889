import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { Readable } from 'node:stream'
import { connect } from 'node:tls'
import test from 'ava'
import { startGateway } from './cases.ts'
import { until, visitWithHttp2 } from './http2-visitor.ts'

const UPLOAD = Buffer.alloc(20_000_000)
const REFUSAL = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large'

/** Apps that read the beginning of an upload, and no more. */
const APPS = {
  'says why it takes no more, and closes': [413, () => createServer((req, res) => {
    res.writeHead(413, { connection: 'close' }).end('too large', () => { req.socket.destroySoon() })
  })],
  'says why it takes no more, and resets': [413, () => createNetServer(socket => {
    socket.on('error', () => {}).once('data', () => { socket.write(REFUSAL, () => { socket.resetAndDestroy() }) })
  })],
  'says nothing, and closes': [502, () => createNetServer(socket => {
    socket.on('error', () => {}).once('data', () => { socket.destroy() })
  })]
} as const

for (const [how, [status, makeApp]] of Object.entries(APPS)) {
  test(`a visitor who sends all before they read has the answer of an app that ${how}`, async t => {
    const started = await startGateway(t, makeApp())
    const { port, host, cookie } = started
    const socket = connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    await once(socket, 'secureConnect')
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nContent-Length: ${UPLOAD.length}\r\n\r\n`)
    await new Promise(resolve => { socket.write(UPLOAD, resolve) })
    const [head] = await once(socket, 'data') as [Buffer]
    t.is(/^HTTP\/1.1 (\d+)/.exec(String(head))?.[1], String(status))
    socket.destroy()
    await until('the place is free', () => started.gateway.handler.active() === 0)
  })

  test(`a visitor with HTTP/2 keeps no place of an app that ${how}`, async t => {
    const started = await startGateway(t, makeApp())
    const stream = visitWithHttp2(t, started).open('/', { ':method': 'POST' }, false)
    Readable.from(Array.from({ length: 200 }, () => UPLOAD.subarray(0, 100_000))).pipe(stream)
    const [head] = await once(stream, 'response') as [Record<string, unknown>]
    t.is(head[':status'], status)
    stream.resume()
    await until('the place is free', () => started.gateway.handler.active() === 0)
  })
}
