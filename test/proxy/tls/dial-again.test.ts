import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2, type ClientHttp2Session } from 'node:http2'
import { connect, type AddressInfo, type Socket } from 'node:net'
import test from 'ava'
import { proxyPort, listen } from '../../helpers/proxied-port.ts'
import { answerWithName, MARIA, request } from '../../helpers/raw-server.ts'
import { aTlsPort, startTlsPod } from '../../helpers/tls-pod.ts'
import { callTls } from '../../helpers/tls.ts'

test('a large body goes whole both ways on a connection that was dialled again', async t => {
  const size = 8 * 1024 * 1024
  const body = Buffer.alloc(size, 'again ')
  let received = 0
  const { pod } = await startTlsPod(t, {
    kind: 'raw',
    tls: { ALPNProtocols: ['http/1.1'] },
    onConnection: socket => {
      socket.on('data', (bytes: Buffer) => {
        received += bytes.length
        if (!bytes.includes('the end')) return
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
        socket.write(body)
      })
    }
  })
  pod.intercept('maria-12345678', await listen(t, answerWithName('maria')))
  const { socket, received: until } = await callTls(t, pod.port, { ALPNProtocols: ['http/1.1'] })
  socket.write(request('/1', MARIA))
  await until('maria /1')

  const head = `POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: ${size + 7}\r\n\r\n`
  const before = socket.bytesRead
  socket.write(head)
  socket.write(body)
  socket.write('the end')
  while (socket.bytesRead - before < size) await once(socket, 'data')

  t.is(received, head.length + size + 7)
})

test('an app that is gone when it is dialled again resets the caller', async t => {
  const { pod, app } = await startTlsPod(t)
  pod.intercept('maria-12345678', await listen(t, answerWithName('maria')))
  const { socket, received } = await callTls(t, pod.port)
  socket.write(request('/1', MARIA))
  await received('maria /1')
  app.close()
  await once(app, 'close')

  const error = once(socket, 'error') as Promise<NodeJS.ErrnoException[]>
  socket.write(request('/2'))

  t.is((await error)[0]?.code, 'ECONNRESET')
})

test('a caller that vanishes while the app is being asked takes its connection along', async t => {
  const asked = Promise.withResolvers<Socket>()
  const appPort = await listen(t, socket => { socket.once('data', () => asked.resolve(socket)) })
  const pod = await proxyPort(t, appPort, { tls: await aTlsPort(t) })
  const caller = connect({ host: '127.0.0.1', port: pod.port })
  void callTls(t, pod.port, { socket: caller }).catch(() => {})
  const app = await asked.promise
  const error = new Promise<NodeJS.ErrnoException>(resolve => { app.once('error', resolve) })

  caller.resetAndDestroy()
  app.resume()

  t.is((await error).code, 'ECONNRESET')
  while (await pod.openConnections() > 0) await new Promise(resolve => setImmediate(resolve))
})

test('requests of HTTP/2 over TLS are diverted or passed, stream by stream', async t => {
  const { pod } = await startTlsPod(t, { kind: 'h2 and http/1.1' })
  const program = createHttp2((asked, answer) => { answer.end(`maria ${asked.url}`) })
  program.listen(0, '127.0.0.1')
  await once(program, 'listening')
  t.teardown(() => program.close())
  const session = connectHttp2(`https://127.0.0.1:${pod.port}`, { rejectUnauthorized: false })
  t.teardown(() => session.destroy())
  t.is(await get(session, '/before'), 'app /before over 2.0')
  pod.intercept('maria-12345678', (program.address() as AddressInfo).port)

  const answers = await Promise.all([
    get(session, '/1'), get(session, '/2', { 'x-waylay-id': 'maria-12345678' }), get(session, '/3')
  ])

  t.deepEqual(answers, ['app /1 over 2.0', 'maria /2', 'app /3 over 2.0'])
})

async function get (session: ClientHttp2Session, path: string, headers: Record<string, string> = {}): Promise<string> {
  const stream = session.request({ ':path': path, ...headers })
  let text = ''
  stream.setEncoding('utf8').on('data', (piece: string) => { text += piece })
  await once(stream, 'end')
  return text
}
