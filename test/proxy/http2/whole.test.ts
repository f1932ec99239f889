import test from 'ava'
import { callGrpc, serveGrpc } from '../../helpers/grpc.ts'
import { proxyPort } from '../../helpers/proxied-port.ts'

const MARIA = { id: 'maria-12345678' }

test('the proxy\'s listener leads a connection of HTTP/2 to its own code, before and with an intercept', async t => {
  const app = await serveGrpc(t, 'app')
  const developer = await serveGrpc(t, 'dev')
  const proxied = await proxyPort(t, app.port)
  const caller = callGrpc(t, proxied.port)
  t.is((await caller.unary('1', MARIA)).text, 'app:1')
  const { route } = proxied.intercept(MARIA.id, developer.port)
  t.is((await caller.unary('2', MARIA)).text, 'dev:2')
  t.is((await caller.unary('3')).text, 'app:3')
  t.is(await proxied.openConnections(), 1)
  // Another one, whose first call is the developer's.
  const second = callGrpc(t, proxied.port)
  t.is((await second.unary('4', MARIA)).text, 'dev:4')
  t.is((await second.unary('5')).text, 'app:5')
  proxied.routes.remove(route)
  t.is((await caller.unary('6', MARIA)).text, 'app:6')
  t.is(await proxied.openConnections(), 2)
  t.deepEqual(await proxied.opaqueReasons(), [])
})

test('a global intercept takes every call, of connections that are open too', async t => {
  const app = await serveGrpc(t, 'app')
  const developer = await serveGrpc(t, 'dev')
  const proxied = await proxyPort(t, app.port)
  const old = callGrpc(t, proxied.port)
  t.is((await old.unary('1')).text, 'app:1')
  const { route } = proxied.intercept('', developer.port)
  t.is((await old.unary('2')).text, 'dev:2')
  t.is((await callGrpc(t, proxied.port).unary('3')).text, 'dev:3')
  proxied.routes.remove(route)
  t.is((await old.unary('4')).text, 'app:4')
})
