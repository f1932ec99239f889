import { connect } from 'node:tls'
import test from 'ava'
import { serveWith } from '../../webhook/server.ts'
import { ask, makeKeys, SERVER_NAME, startServer } from './asked-server.ts'

test('a review reaches its handler over verified TLS', async t => {
  const { port, keys } = await startServer(t)

  t.deepEqual(JSON.parse((await ask(port, keys, '/pods', '{"a":1}')).body), { pod: { a: 1 } })
  t.deepEqual(JSON.parse((await ask(port, keys, '/intercepts', '{"b":2}')).body), { intercept: { b: 2 } })
  t.deepEqual(JSON.parse((await ask(port, keys, '/environments', '{"c":3}')).body), { environment: { c: 3 } })
})

test('a handler is told whether who asked has hung up', async t => {
  const gone: boolean[] = []
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
  const { promise: done, resolve: isDone } = Promise.withResolvers<void>()
  const { port, keys, server } = await startServer(t, {
    handlePod: async (_body, isGone) => {
      gone.push(isGone())
      isAsked()
      for (let turns = 0; turns < 1000 && !isGone(); turns++) await new Promise(resolve => setTimeout(resolve, 5))
      gone.push(isGone())
      isDone()
      return {}
    }
  })
  const asking = t.throwsAsync(ask(port, keys, '/pods', '{}'))
  await asked
  server.closeAllConnections()
  await Promise.all([asking, done])

  t.deepEqual(gone, [false, true])
})

test('a foreign authority does not verify the chain', async t => {
  const { port } = await startServer(t)

  const error = await t.throwsAsync(ask(port, await makeKeys(), '/healthz'))

  t.regex(String((error as NodeJS.ErrnoException).code), /SIGNATURE|SELF_SIGNED|UNABLE_TO_VERIFY/)
})

test('the chain is verified down to the name of the Service', async t => {
  const { port, keys } = await startServer(t)
  const handshake = (servername: string) => new Promise<boolean>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca: keys.authority.certificate, servername }, () => {
      resolve(socket.authorized)
      socket.destroy()
    })
    socket.on('error', reject)
  })

  t.true(await handshake(SERVER_NAME))
  await t.throwsAsync(handshake('kubernetes.default.svc'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

test('new connections are served with the new pair at once', async t => {
  const { port, server, keys } = await startServer(t)
  const renewed = await makeKeys()

  serveWith(server, renewed.serving)

  t.is((await ask(port, renewed, '/healthz')).status, 200)
  await t.throwsAsync(ask(port, keys, '/healthz'))
})

test('a review of four MiB is read', async t => {
  const { port, keys } = await startServer(t, { handlePod: async body => ({ isRead: body !== undefined }) })

  const body = JSON.stringify({ text: 'x'.repeat(4 * 1024 * 1024) })

  t.is((await ask(port, keys, '/pods', body)).body, '{"isRead":true}')
})

test('readiness follows the installation and health does not', async t => {
  const { port, keys } = await startServer(t, { isReady: () => false })

  t.is((await ask(port, keys, '/readyz')).status, 503)
  t.is((await ask(port, keys, '/healthz')).status, 200)
})

test('a draining server asks its callers to connect elsewhere', async t => {
  const { port, keys } = await startServer(t, { isDraining: () => true })

  t.is((await ask(port, keys, '/pods', '{}')).connection, 'close')
})

test('an idle connection is kept longer than the API server keeps it', async t => {
  const { server } = await startServer(t)

  t.true(server.keepAliveTimeout > 90_000)
})

test('a head that never ends holds one of many connections, and 1,000 hold nobody up', async t => {
  const { port, keys } = await startServer(t)
  const startedMs = performance.now()
  for (let opened = 0; opened < 1000; opened += 50) {
    await Promise.all(Array.from({ length: 50 }, async () => {
      const socket = connect({ port, host: '127.0.0.1', ca: keys.authority.certificate, servername: SERVER_NAME })
      t.teardown(() => { socket.destroy() })
      socket.on('error', () => {})
      await new Promise<void>(resolve => socket.once('secureConnect', () => { resolve() }))
      socket.write('POST /pods HTTP/1.1\r\nx-slow: ')
    }))
  }
  t.log(`1,000 slow heads opened in ${Math.round(performance.now() - startedMs)} ms`)

  for (let round = 0; round < 5; round += 1) t.is((await ask(port, keys, '/healthz')).status, 200)
})

test('a head beyond 16 KiB is refused and the server lives', async t => {
  const { port, keys } = await startServer(t)

  t.is((await ask(port, keys, `/${'x'.repeat(20_000)}`)).status, 431)
  t.is((await ask(port, keys, '/healthz')).status, 200)
})

test('twenty large reviews at once are all answered', async t => {
  // Both sides are this process: on a busy machine it may itself be what takes a body more than the server's second.
  const { port, keys } = await startServer(
    t, { handlePod: async body => ({ isRead: body !== undefined }) }, { timeoutMs: 60_000, largeTimeoutMs: 60_000 })
  const review = JSON.stringify({ text: 'x'.repeat(7 * 1024 * 1024) })
  const before = process.memoryUsage().rss

  const answers = await Promise.all(Array.from({ length: 20 }, async () => await ask(port, keys, '/pods', review)))
  t.log(`20 reviews of 7 MiB at once: ${Math.round((process.memoryUsage().rss - before) / 1024 / 1024)} MiB more, both sides together`)
  t.deepEqual(new Set(answers.map(({ body }) => body)), new Set(['{"isRead":true}']))
})
