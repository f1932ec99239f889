import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { WebSocket } from 'ws'
import { startPythonApp, type PythonApp } from './python-app.ts'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** With a trace, and with members that OpenTelemetry would write otherwise. */
function marked (id: string): Readonly<Record<string, string>> {
  return {
    traceparent: TRACE, tracestate: 'vendor=1', baggage: `waylay-id=${id};p=1, tenant=a%20b`, 'x-waylay-id': id
  }
}

const MARKED = marked('maria-12345678')
const SYNC = ['/sync/requests', '/sync/httpx', '/sync/urllib', '/sync/urllib3', '/sync/grpc']
const ASYNC = ['/async/httpx-async', '/async/http2', '/async/aiohttp', '/async/task', '/async/thread']

const APPS = {
  'FastAPI on uvicorn': {
    command: '-m uvicorn fastapi_app:app --port PORT',
    ways: [...SYNC, ...ASYNC, '/async/grpc-aio', '/stream', '/inner/requests']
  },
  'Starlette on uvicorn': {
    command: '-m uvicorn starlette_app:app --port PORT', ways: ['/sync/requests', '/async/aiohttp']
  },
  'Django on its own server': {
    command: 'django_app.py runserver PORT', ways: [...SYNC, '/async/thread']
  },
  'Django on threads of gunicorn': {
    command: '-m gunicorn --no-control-socket --preload --worker-class gthread --threads 4 ' +
      '--keep-alive 60 --bind 127.0.0.1:PORT django_app:wsgi',
    ways: SYNC
  },
  'Django on sync workers of gunicorn': {
    command: '-m gunicorn --no-control-socket --worker-class sync --bind 127.0.0.1:PORT django_app:wsgi', ways: ['/sync/requests']
  },
  'Django on uvicorn': {
    command: '-m uvicorn django_app:asgi --port PORT', ways: [...SYNC, ...ASYNC, '/sync-to-async']
  },
  Tornado: { command: 'tornado_app.py PORT', ways: ['/sync/requests', ...ASYNC, '/own'] },
  'a server of aiohttp': { command: 'aiohttp_app.py PORT', ways: ASYNC },
  'http.server': { command: 'http_server_app.py PORT', ways: SYNC }
}

/** What of the four travelled. */
function carried (headers: IncomingHttpHeaders): Readonly<Record<string, unknown>> {
  const names = Object.keys(MARKED).filter(name => headers[name] !== undefined)
  return Object.fromEntries(names.map(name => [name, headers[name]]))
}

/** Marked ones and others at once; every other one brought nothing. */
async function askMixed (app: PythonApp, way: string): Promise<readonly (readonly [unknown, unknown])[]> {
  const sent = Array.from({ length: 24 }, (_, index) => index % 2 === 0 ? marked(`id-${index}`) : {})
  return await Promise.all(sent.map(async headers => [carried(await app.ask(way, headers)), headers] as const))
}

for (const [name, { command, ways }] of Object.entries(APPS)) {
  test.serial(`${name} hands on what each request brought, and to others nothing`, async t => {
    const app = await startPythonApp(t, command)

    for (const way of ways) {
      t.deepEqual([way, carried(await app.ask(way, MARKED))], [way, MARKED])
      t.deepEqual([way, carried(await app.ask(way))], [way, {}])
    }
    for (const [seen, sent] of await askMixed(app, ways[0] ?? '')) t.deepEqual(seen, sent)
    t.false(app.stderr().includes('waylay:'), app.stderr())
  })
}

test.serial('FastAPI hands it on in tasks after the answer', async t => {
  const app = await startPythonApp(t, APPS['FastAPI on uvicorn'].command)

  for (const [name, headers] of [['a', MARKED], ['b', {}]] as const) {
    await app.ask(`/begin/${name}`, headers)
    t.deepEqual(carried(await app.ask(`/done/${name}`)), headers)
  }
})

test.serial('a WebSocket of aiohttp hands on what its handshake brought', async t => {
  const app = await startPythonApp(t, APPS['a server of aiohttp'].command)

  for (const headers of [MARKED, {}]) {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/socket`, { headers })
    await once(socket, 'open')
    socket.send('ask')
    const [said] = await once(socket, 'message') as [Buffer]
    t.deepEqual(carried(JSON.parse(String(said)) as IncomingHttpHeaders), headers)
    socket.close()
  }
})

for (const name of ['FastAPI on uvicorn', 'Tornado'] as const) {
  test.serial(`${name} keeps requests apart that come in one piece`, async t => {
    const app = await startPythonApp(t, APPS[name].command)
    const sent = [MARKED, {}, marked('lars-12345678'), {}]
    const socket = connect(app.port, '127.0.0.1')
    socket.write(sent.map((headers, index) => [
      'GET /async/aiohttp HTTP/1.1', 'Host: app', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ...index === sent.length - 1 ? ['Connection: close'] : [], '', ''
    ].join('\r\n')).join(''))

    const bodies = (await text(socket)).match(/\{.*?\}/gs) ?? []
    t.deepEqual(bodies.map(body => carried(JSON.parse(body) as IncomingHttpHeaders)), sent)
  })
}
