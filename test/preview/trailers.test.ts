import { once } from 'node:events'
import { connect } from 'node:tls'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { startGateway } from './cases.ts'
import { rawApp, visitWithHttp2 } from './http2-visitor.ts'

const NEVER = [
  'Connection', 'Keep-Alive', 'Proxy-Connection', 'Transfer-Encoding', 'Upgrade', 'HTTP2-Settings', 'TE', 'Host',
  'Set-Cookie', 'X-Waylay-Diverted-To'
]

// One of them ended the gateway, for everybody: Node throws where nobody can catch it.
test('no trailer of an app harms a visitor with HTTP/2', async t => {
  for (const name of NEVER) {
    const started = await startGateway(t, rawApp(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${name}: 1\r\nX-Sum: 42\r\nX-Sum: 43\r\n\r\n`))
    const { status, body, trailers, reset } = await visitWithHttp2(t, started).get('/')
    t.deepEqual([status, body, reset], [200, 'ok', 0], name)
    t.deepEqual(Object.entries(trailers), [['x-sum', '43']], name)
  }
})

test('a visitor says in trailers no more than in the header', async t => {
  const seen: string[][] = []
  const { port, host, cookie } = await startGateway(t, (req, res) => {
    req.resume().on('end', () => {
      seen.push(req.rawTrailers)
      res.end('app')
    })
  })
  const send = async (head: string, body: string): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    await once(socket, 'secureConnect')
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n${head}\r\n\r\n${body}`)
    return await text(socket)
  }
  const trailers = [
    'x-waylay-id: bob-12345678', 'X_Waylay_Id: bob-12345678', 'X-Forwarded-For: 1.1.1.1', 'X-Forwarded-User: admin',
    'Cookie: a=b', 'Baggage: waylay-id=bob-12345678', 'Host: evil', 'Authorization: Basic x', 'X-Sum: 42'
  ]
  t.regex(await send('Transfer-Encoding: chunked\r\nTrailer: x-sum', `2\r\nhi\r\n0\r\n${trailers.join('\r\n')}\r\n\r\n`), /^HTTP\/1.1 200 /)
  t.regex(await send('Content-Length: 2\r\nTrailer: x-sum', 'hi'), /^HTTP\/1.1 200 /)
  t.deepEqual(seen, [['X-Sum', '42'], []])
})

test('an answer that announces trailers and is measured, or has no body, is handed on', async t => {
  const started = await startGateway(t, rawApp('HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nContent-Length: 2\r\n\r\nok'))
  t.like(await started.show('/'), { status: 200, body: 'ok' })
  t.like(await started.show('/', { method: 'HEAD' }), { status: 200, body: '' })
})
