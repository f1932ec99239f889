import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request } from '../helpers/raw-server.ts'

test('an idle global program that speaks or closes does not disturb another\'s turn', async t => {
  const programs: Socket[] = []
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  pod.intercept('', await listen(t, socket => programs.push(socket)))
  const held: Socket[] = []
  pod.intercept('maria-12345678', await listen(t, socket => {
    held.push(socket)
    socket.resume()
  }))
  for (const [index, ending] of ['HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n', ''].entries()) {
    const caller = await pod.call()
    caller.send(request('/held', MARIA))
    while (held.length <= index || programs.length <= index) await delay(5)
    programs.at(-1)?.end(ending)
    await delay(50)
    held.at(-1)?.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nmaria')

    t.true((await caller.received('maria')).startsWith('HTTP/1.1 200'))
    caller.send(request('/probe', 'User-Agent: kube-probe/1.34\r\n'))
    await caller.received('app /probe')
  }
})

test('what a program says in the same breath as its acceptance is not lost', async t => {
  const pod = await proxyPort(t, await listen(t, socket => socket.end('app')))
  pod.intercept('', await listen(t, socket => socket.write('hello')), { acceptDelayMs: 100 })
  const caller = await pod.call()

  caller.send('\x16\x03')

  t.is(await caller.received('hello'), 'hello')
})

test('a caller that sends much before the developer\'s side has accepted is stopped', async t => {
  const pod = await proxyPort(t, await listen(t, socket => socket.end('app')))
  const size = 48 * 1024 * 1024
  const all = Promise.withResolvers<void>()
  let received = 0
  pod.intercept('', await listen(t, socket => socket.on('data', (bytes: Buffer) => {
    received += bytes.length
    if (received === size + 1) all.resolve()
  })), { acceptDelayMs: 800 })
  const caller = await pod.call()
  const before = process.memoryUsage().arrayBuffers
  caller.send('\x16')
  caller.socket.write(Buffer.alloc(size, 'x'))
  await delay(500)

  // What the proxy took; the test's own buffer is in both figures or in none.
  t.true(caller.socket.bytesWritten - caller.socket.writableLength < size)
  t.true(process.memoryUsage().arrayBuffers - before < 2 * size)
  await all.promise
})

test('a session that is lost before the first byte leaves the caller to the app', async t => {
  const pod = await proxyPort(t, await listen(t, socket => socket.write('220 app\r\n')))
  const { cut } = pod.intercept('', await listen(t, () => {}))
  const caller = await pod.call()
  await delay(50)

  cut()

  t.is(await caller.received('220 app\r\n'), '220 app\r\n')
})
