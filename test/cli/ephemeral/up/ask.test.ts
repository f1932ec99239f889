import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import { connect, type AddressInfo, type Server } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { askHttp1, askHttp2 } from '../../../../cli/ephemeral/up/ask.ts'

const QUESTION = { path: '/healthz', host: 'payments.shop.svc', header: { name: 'x-waylay-id', value: 'pr-1-abcdefgh' } }

async function streamTo (t: ExecutionContext, server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return connect((server.address() as AddressInfo).port, '127.0.0.1')
}

test('a marked request of HTTP/1.1 tells who answered', async t => {
  const server = http.createServer((request, response) => {
    t.is(request.url, '/healthz')
    t.is(request.headers.host, 'payments.shop.svc')
    response.writeHead(404, { 'x-waylay-diverted-to': `i-${String(request.headers['x-waylay-id'])}` }).end('no')
  })

  t.deepEqual(await askHttp1(await streamTo(t, server), QUESTION),
    { status: 404, divertedTo: 'i-pr-1-abcdefgh', error: undefined })
})

test('a connection that ends without an answer is a failure', async t => {
  const server = http.createServer(request => { request.socket.destroy() })

  await t.throwsAsync(askHttp1(await streamTo(t, server), QUESTION))
})

test('an app of gRPC that hangs up on a GET is asked for its health', async t => {
  const server = http2.createServer()
  server.on('stream', (stream: http2.ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    if (headers[':method'] === 'GET') { stream.close(http2.constants.NGHTTP2_PROTOCOL_ERROR); return }
    t.is(headers[':path'], '/grpc.health.v1.Health/Check')
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-waylay-diverted-to': 'i', 'grpc-status': '12' }, { endStream: true })
  })

  t.deepEqual(await askHttp2(await streamTo(t, server), QUESTION), { status: 200, divertedTo: 'i', error: undefined })
})

test('a GET of HTTP/2 that is answered is enough', async t => {
  const server = http2.createServer()
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.respond({ ':status': 502, 'x-waylay-error': 'WAYLAY_DEVELOPER_REFUSED' }, { endStream: true })
  })

  t.deepEqual(await askHttp2(await streamTo(t, server), QUESTION),
    { status: 502, divertedTo: undefined, error: 'WAYLAY_DEVELOPER_REFUSED' })
})
