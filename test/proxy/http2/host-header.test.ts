import { once } from 'node:events'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import test from 'ava'
import { serveHttp2 } from '../../helpers/http2-app.ts'
import { proxyHttp2 } from '../../helpers/http2-port.ts'

test('a diverted stream has the developer\'s authority, its neighbours have their own', async t => {
  const seen: [string, IncomingHttpHeaders][] = []
  const serve = (name: string) => serveHttp2(t, (stream, headers) => {
    seen.push([name, headers])
    stream.respond({ ':status': 204 }, { endStream: true })
  })
  const proxied = await proxyHttp2(t, (await serve('app')).port)
  const { reports } = proxied.intercept('maria-12345678', (await serve('maria')).port, undefined, 'localhost:5173')
  const session = connect(`http://127.0.0.1:${proxied.port}`)
  t.teardown(() => session.destroy())
  for (const fields of [{}, { 'x-waylay-id': 'maria-12345678', 'x-request-id': 'r-7', 'x-last': 'yes' }]) {
    const stream = session.request({ ':path': '/', ':authority': 'shop.example', ...fields })
    stream.resume()
    await once(stream, 'close')
  }

  t.deepEqual(seen.map(([name, headers]) => [name, headers[':authority'], headers['x-last']]), [
    ['app', 'shop.example', undefined], ['maria', 'localhost:5173', 'yes']
  ])
  t.is(seen[1]?.[1]['host'], undefined)
  t.like(reports[0], { event: 'request', requestId: 'r-7' })
})
