import { once } from 'node:events'
import { createServer } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import test from 'ava'
import { createDeveloper } from '../../../../cli/intercept/developer/developer.ts'
import { HEAD, openTunnel, portOf, readReply, startProgram } from '../../helpers/delivery.ts'

test('bytes that come with the head reach the program first', async t => {
  const developer = await startProgram(t, socket => { socket.pipe(socket) })
  const stream = (await openTunnel(t, developer))()

  stream.write(Buffer.concat([HEAD, Buffer.from('first ')]))
  stream.end('second')

  t.deepEqual(await readReply(stream), { ok: true })
  t.is(await text(stream), 'first second')
})

test('8 MiB come back unchanged through slow readers', async t => {
  const sent = Buffer.alloc(8 * 1024 * 1024, 'waylay is patient. ')
  const developer = await startProgram(t, socket => {
    socket.pause()
    setTimeout(() => { socket.pipe(socket) }, 50)
  })
  const stream = (await openTunnel(t, developer))()

  stream.write(HEAD)
  stream.end(sent)
  await readReply(stream)

  t.true(sent.equals(await buffer(stream)))
})

test('a half-close of the caller leaves the answer its way', async t => {
  const developer = await startProgram(t, socket => {
    void text(socket).then(asked => setTimeout(() => { socket.end(`you said ${asked}`) }, 30))
  })
  const stream = (await openTunnel(t, developer))()

  stream.write(HEAD)
  stream.end('hello')
  await readReply(stream)

  t.is(await text(stream), 'you said hello')
})

test('a half-close of the program leaves the caller its way', async t => {
  const received = Promise.withResolvers<string>()
  const developer = await startProgram(t, socket => {
    socket.end('done already')
    void text(socket).then(received.resolve)
  })
  const stream = (await openTunnel(t, developer))()

  stream.write(HEAD)
  await readReply(stream)
  t.is(await text(stream), 'done already')
  stream.end('one more thing')

  t.is(await received.promise, 'one more thing')
})

test('a reset by the program resets the stream', async t => {
  const developer = await startProgram(t, socket => { socket.once('data', () => { socket.resetAndDestroy() }) })
  const stream = (await openTunnel(t, developer))()
  const failed = once(stream, 'error') as Promise<[NodeJS.ErrnoException]>

  stream.write(HEAD)
  await readReply(stream)
  stream.resume()
  stream.write('boom')

  t.is((await failed)[0].code, 'ECONNRESET')
})

test('a reset by the caller resets the connection to the program', async t => {
  const reset = Promise.withResolvers<string | undefined>()
  const developer = await startProgram(t, socket => {
    socket.resume()
    socket.on('error', (error: NodeJS.ErrnoException) => { reset.resolve(error.code) })
    socket.on('end', () => { reset.resolve('a polite end') })
  })
  const stream = (await openTunnel(t, developer))()

  stream.write(HEAD)
  await readReply(stream)
  stream.destroy()

  t.is(await reset.promise, 'ECONNRESET')
})

test('a program that does not listen is told to the proxy', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  const stream = (await openTunnel(t, createDeveloper({ port })))()

  stream.write(HEAD)

  t.like(await readReply(stream), {
    ok: false,
    code: 'WAYLAY_DEVELOPER_REFUSED',
    message: `Nothing listens on 127.0.0.1:${port} on the developer's machine (ECONNREFUSED)`
  })
})

test('a program that listens on ::1 only is found', async t => {
  const developer = await startProgram(t, socket => { socket.end('six') }, '::1')
  const stream = (await openTunnel(t, developer))()

  stream.write(HEAD)

  t.deepEqual(await readReply(stream), { ok: true })
  t.is(await text(stream), 'six')
})

test('a stopped program stalls its own stream only', async t => {
  let count = 0
  const developer = await startProgram(t, socket => {
    count += 1
    if (count === 1) socket.pause()
    else socket.pipe(socket)
  })
  const open = await openTunnel(t, developer)
  const stalled = open()
  stalled.write(HEAD)
  await readReply(stalled)
  stalled.write(Buffer.alloc(4 * 1024 * 1024))
  const other = open()

  other.write(HEAD)
  other.end('still here')
  await readReply(other)

  t.is(await text(other), 'still here')
  t.true(stalled.writableLength > 0)
})
