import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import test from 'ava'
import { listen } from '../../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, sentOn } from '../../helpers/raw-server.ts'
import { startTlsPod } from '../../helpers/tls-pod.ts'
import { callTls, fingerprint, makePair, writeSecret } from '../../helpers/tls.ts'

test('requests over TLS are diverted or passed, one by one, on one connection', async t => {
  const { pod, pair } = await startTlsPod(t)
  const seen: string[] = []
  pod.intercept('maria-12345678', await listen(t, answerWithName('maria', seen)))
  const caller = await callTls(t, pod.port)

  caller.socket.write(request('/1'))
  await caller.received('app /1 over 1.1')
  caller.socket.write(request('/2', MARIA))
  await caller.received('maria /2')
  caller.socket.write(request('/3'))
  await caller.received('app /3 over 1.1')

  t.deepEqual(seen, [sentOn(request('/2', MARIA))], 'the developer\'s program got plain HTTP')
  t.is(caller.fingerprint, fingerprint(pair.certificate))
  t.deepEqual(await pod.opaqueReasons(), [])
})

test('a first request that is diverted leaves the app, and the next one dials it with TLS again', async t => {
  const { pod, app } = await startTlsPod(t)
  let handshakes = 0
  app.on('secureConnection', () => { handshakes++ })
  pod.intercept('maria-12345678', await listen(t, answerWithName('maria')))
  const caller = await callTls(t, pod.port, { ALPNProtocols: ['http/1.1'] })

  caller.socket.write(request('/1', MARIA))
  await caller.received('maria /1')
  caller.socket.write(request('/2'))
  await caller.received('app /2 over 1.1')

  t.is(handshakes, 2)
})

for (const [kind, offered, chosen] of [
  ['http/1.1', ['h2', 'http/1.1'], 'http/1.1'], ['http/1.1', undefined, false],
  ['h2 and http/1.1', ['h2', 'http/1.1'], 'h2'], ['h2 and http/1.1', ['http/1.1', 'h2'], 'h2'],
  ['h2 and http/1.1', ['http/1.1'], 'http/1.1'], ['raw', ['h2', 'http/1.1'], false]
] as const) {
  test(`a caller that offers ${offered?.join() ?? 'nothing'} gets what an app of ${kind} chooses`, async t => {
    const { pod, app } = await startTlsPod(t, { kind })
    const options = offered === undefined ? {} : { ALPNProtocols: [...offered] }

    const direct = await callTls(t, (app.address() as { port: number }).port, options)
    const through = await callTls(t, pod.port, options)

    t.is(through.alpn, chosen)
    t.is(through.alpn, direct.alpn)
  })
}

test('HTTP/2 over TLS reaches the app', async t => {
  const { pod } = await startTlsPod(t, { kind: 'h2 and http/1.1' })
  const session = connectHttp2(`https://127.0.0.1:${pod.port}`, { rejectUnauthorized: false })
  t.teardown(() => session.destroy())

  const stream = session.request({ ':path': '/over-h2' })
  let text = ''
  stream.setEncoding('utf8').on('data', (piece: string) => { text += piece })
  await once(stream, 'end')

  t.is(text, 'app /over-h2 over 2.0')
})

test('the app is asked for the name that the caller asks for, or for none', async t => {
  const names: (string | false | null)[] = []
  const { pod } = await startTlsPod(t, {
    kind: 'raw', onConnection: socket => { names.push(socket.servername); socket.end('hello') }
  })

  await (await callTls(t, pod.port, { servername: 'shop.example' })).received('hello')
  await (await callTls(t, pod.port)).received('hello')

  t.is(names[0], 'shop.example')
  t.falsy(names[1])
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a caller gets ${version} where the app or the caller wants no other`, async t => {
    const wish = { maxVersion: version, minVersion: version }
    const [app, any] = [await startTlsPod(t, { tls: wish }), await startTlsPod(t)]

    t.is((await callTls(t, app.pod.port)).version, version)
    t.is((await callTls(t, any.pod.port, wish)).version, version)
  })
}

test('a renewed certificate is shown when the app shows it, and the old one as long as it does not', async t => {
  const { pod, app, pair, secretDir, certificates } = await startTlsPod(t)
  const renewed = await makePair()

  await writeSecret(secretDir, renewed)
  await certificates.look()
  t.is((await callTls(t, pod.port)).fingerprint, fingerprint(pair.certificate))
  app.setSecureContext({ cert: renewed.certificate, key: renewed.key })
  t.is((await callTls(t, pod.port)).fingerprint, fingerprint(renewed.certificate))

  t.deepEqual(await pod.opaqueReasons(), [])
})

test('a caller that ends its side still gets its answer, and both see an end', async t => {
  let heard = ''
  const { pod } = await startTlsPod(t, {
    kind: 'raw',
    onConnection: socket => {
      socket.setEncoding('utf8').on('data', (piece: string) => { heard += piece })
      socket.on('end', () => socket.end('goodbye'))
    }
  })
  const { socket, received } = await callTls(t, pod.port)

  socket.end('hello')

  await received('goodbye')
  if (!socket.readableEnded) await once(socket, 'end')
  t.is(heard, 'hello')
})

test('an app that resets resets its caller', async t => {
  const { pod } = await startTlsPod(t, {
    kind: 'raw', onConnection: socket => { socket.on('data', () => tcpUnder(socket).resetAndDestroy()) }
  })
  const { socket } = await callTls(t, pod.port)
  const error = new Promise<NodeJS.ErrnoException>(resolve => { socket.on('error', resolve) })

  socket.write('x')

  t.is((await error).code, 'ECONNRESET')
})

test('a caller that resets resets the app', async t => {
  const error = Promise.withResolvers<NodeJS.ErrnoException>()
  const accepted = Promise.withResolvers<void>()
  const { pod } = await startTlsPod(t, {
    kind: 'raw',
    onConnection: socket => {
      socket.on('error', error.resolve).on('data', () => accepted.resolve())
    }
  })
  const tcp = connect({ host: '127.0.0.1', port: pod.port })
  const { socket } = await callTls(t, pod.port, { socket: tcp })
  socket.write('x')
  await accepted.promise

  tcp.resetAndDestroy()

  t.is((await error.promise).code, 'ECONNRESET')
})

test('large bodies arrive whole both ways, and a reader that stops stops the writer', async t => {
  const size = 24 * 1024 * 1024
  const body = Buffer.alloc(size, 'waylay in between ')
  const { pod } = await startTlsPod(t, {
    kind: 'raw',
    onConnection: socket => {
      const hash = createHash('sha256')
      let left = size
      socket.on('data', (piece: Buffer) => {
        hash.update(piece)
        left -= piece.length
        if (left === 0) socket.end(Buffer.concat([hash.digest(), body]))
      })
    }
  })
  const { socket } = await callTls(t, pod.port)
  socket.removeAllListeners('data')
  socket.pause()

  socket.write(body)
  // The caller takes nothing: what the app has written beyond the buffers in between must wait.
  await new Promise(resolve => setTimeout(resolve, 500))
  t.true(socket.bytesRead < size / 4, `${socket.bytesRead} bytes were read`)
  const received: string[] = []
  socket.on('data', (piece: string) => { received.push(piece) })
  socket.resume()
  await once(socket, 'end')

  const sent = createHash('sha256').update(body).digest()
  t.true(Buffer.from(received.join(''), 'latin1').equals(Buffer.concat([sent, body])))
})

test('a session is resumed', async t => {
  const { pod } = await startTlsPod(t)
  const first = await callTls(t, pod.port, { maxVersion: 'TLSv1.2' })
  const session = first.socket.getSession()

  const second = await callTls(t, pod.port, { maxVersion: 'TLSv1.2', ...(session !== undefined && { session }) })

  t.true(second.socket.isSessionReused())
})

test('under a global intercept the app is not dialled and the program gets plain HTTP', async t => {
  const { pod, app } = await startTlsPod(t, { kind: 'h2 and http/1.1' })
  let dials = 0
  app.on('connection', () => { dials++ })
  pod.intercept('', await listen(t, answerWithName('maria')))

  const caller = await callTls(t, pod.port, { ALPNProtocols: ['h2', 'http/1.1'] })
  caller.socket.write(request('/1'))

  await caller.received('maria /1')
  t.is(caller.alpn, 'http/1.1')
  t.is(dials, 0)
})

test('a ClientHello that comes byte by byte is answered', async t => {
  const { pod } = await startTlsPod(t)
  const slow = await listen(t, socket => {
    const through = connect({ host: '127.0.0.1', port: pod.port, noDelay: true })
    through.on('error', () => {})
    socket.on('close', () => through.destroy())
    socket.once('data', (hello: Buffer) => void (async () => {
      for (const byte of hello) {
        through.write(Buffer.of(byte))
        await new Promise(resolve => setImmediate(resolve))
      }
      socket.pipe(through)
    })())
    through.pipe(socket)
  })

  const caller = await callTls(t, slow)
  caller.socket.write(request('/slow'))

  await caller.received('app /slow over 1.1')
  t.pass()
})

test('bytes that are no TLS after the handshake end both connections', async t => {
  const closed = Promise.withResolvers<void>()
  const { pod } = await startTlsPod(t, {
    kind: 'raw', onConnection: socket => { socket.on('close', () => closed.resolve()) }
  })
  const tcp = connect({ host: '127.0.0.1', port: pod.port })
  const caller = await callTls(t, pod.port, { socket: tcp })
  ;(tcp as unknown as { _handle: { writeUtf8String: (request: object, text: string) => void } })
    ._handle.writeUtf8String({ oncomplete: () => {} }, 'this is no record at all')

  await closed.promise
  caller.socket.destroy()
  t.pass()
})

// Node keeps the connection under TLS to itself.
function tcpUnder (socket: TLSSocket): Socket {
  return (socket as unknown as { readonly _parent: Socket })._parent
}
