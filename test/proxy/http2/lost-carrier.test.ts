import { once } from 'node:events'
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import test, { type ExecutionContext } from 'ava'
import { sendBytes, serveHttp2 } from '../../helpers/http2-app.ts'
import { proxyHttp2 } from '../../helpers/http2-port.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }

function call (t: ExecutionContext, port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  t.teardown(() => session.destroy())
  return session
}

async function answerOf (stream: ClientHttp2Stream): Promise<{ headers: IncomingHttpHeaders, body: string }> {
  let body = ''
  stream.setEncoding('utf8').on('data', (piece: string) => { body += piece })
  const ended = once(stream, 'end')
  const [headers] = await once(stream, 'response') as [IncomingHttpHeaders]
  await ended
  return { headers, body }
}

test('a call that waits in vain for a carrier gets 503, another the app', async t => {
  const pod = await proxyHttp2(t, (await serveHttp2(t, sendBytes('app'))).port)
  const { route, silence } = pod.intercept('maria-12345678', (await serveHttp2(t, () => {})).port)
  silence.ms = 9950
  route.presence.lost()
  const session = call(t, pod.port)
  const [lost, mine] = await Promise.all([answerOf(session.request(MARIA)), answerOf(session.request({ ':path': '/5' }))])

  t.like(lost.headers, { ':status': 503 })
  t.is(lost.headers['x-waylay-error'], 'WAYLAY_DEVELOPER_GONE')
  t.is(mine.body, 'appap')
})

test('calls go to the app while a global intercept has no carrier', async t => {
  const pod = await proxyHttp2(t, (await serveHttp2(t, sendBytes('app'))).port)
  const { route } = pod.intercept('', (await serveHttp2(t, sendBytes('maria'))).port)
  const session = call(t, pod.port)
  const bodies = [(await answerOf(session.request({ ':path': '/5' }))).body]
  route.presence.lost()
  bodies.push((await answerOf(session.request({ ':path': '/5' }))).body)
  route.presence.resumed()
  bodies.push((await answerOf(session.request({ ':path': '/5' }))).body)

  t.deepEqual(bodies, ['maria', 'appap', 'maria'])
})
