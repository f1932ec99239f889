import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createHostHint, refusesHost, watchForRefusedHost } from '../../../../cli/intercept/developer/host-rejection.ts'

const answer = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const REFUSALS: Readonly<Record<string, string>> = {
  Vite: answer('403 Forbidden', 'Blocked request. This host ("payments.shop") is not allowed.\nTo allow this host, add "payments.shop" to `server.allowedHosts` in vite.config.js.'),
  'webpack-dev-server 5': answer('403 Forbidden', 'Invalid Host header'),
  'webpack-dev-server 3': answer('200 OK', 'Invalid Host header'),
  Django: answer('400 Bad Request', '<title>DisallowedHost\n          at /</title>'),
  Rails: answer('403 Forbidden', '<h1>Blocked hosts: payments.shop</h1>'),
  Sinatra: answer('403 Forbidden', 'Host not permitted'),
  Starlette: answer('400 Bad Request', 'Invalid host header'),
  Werkzeug: answer('400 Bad Request', '<p>Host &#x27;payments.shop&#x27; is not trusted.</p>'),
  'ASP.NET': answer('400 Bad Request', '<h2>Bad Request - Invalid Hostname</h2>')
}

for (const [name, text] of Object.entries(REFUSALS)) {
  test(`the refusal of ${name} is known for what it is`, t => {
    t.true(refusesHost(Buffer.from(text)))
  })
}

test('other answers, also those that talk about it, are no refusal', t => {
  for (const text of [
    answer('200 OK', 'ok'), answer('403 Forbidden', 'no'), answer('404 Not Found', 'Invalid Host header'),
    answer('200 OK', 'Invalid Host header: how to cure it'), answer('500 Oops', 'DisallowedHost'), 'SSH-2.0', ''
  ]) t.false(refusesHost(Buffer.from(text)), text)
})

async function program (t: ExecutionContext, onSocket: (socket: Socket) => void): Promise<Socket> {
  const server = createServer(onSocket)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => {
    socket.destroy()
    server.close()
  })
  return socket
}

test('a refusal whose body comes behind its head is seen, and told once', async t => {
  const [head = '', body = ''] = REFUSALS['Vite']?.split('\r\n\r\n') ?? []
  const notes: string[] = []
  const hint = createHostHint(5173, undefined, line => { notes.push(line) })
  for (let round = 0; round < 2; round++) {
    const socket = await program(t, other => {
      other.write(`${head}\r\n\r\n`)
      setTimeout(() => { other.end(body) }, 50)
    })
    watchForRefusedHost(socket, hint)
    await once(socket, 'end')
    t.is(socket.listenerCount('data'), 0)
  }
  t.deepEqual(notes, ['Your program refuses the Host of these requests. Add: --host-header localhost:5173'])
})

test('a connection that answers well is not looked at any further', async t => {
  const socket = await program(t, other => {
    other.write(answer('200 OK', 'ok'))
    setTimeout(() => { other.end(REFUSALS['Vite'] ?? '') }, 50)
  })
  watchForRefusedHost(socket, () => { t.fail() })
  await once(socket, 'data')
  await once(socket, 'data')
  t.is(socket.listenerCount('data'), 0)
  await once(socket, 'end')
})

test('whoever gave a Host already is told to give another', t => {
  const notes: string[] = []
  createHostHint(5173, 'localhost', line => { notes.push(line) })()
  t.deepEqual(notes, ['Your program refuses the Host "localhost" too. Give the one that it allows: --host-header <host>'])
})
