import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, respond } from '../helpers/raw-server.ts'

const VALUE = 'maria-12345678'

test('a program that does not listen gives 502 and says so', async t => {
  const app = await listen(t, answerWithName('app'))
  const pod = await proxyPort(t, app)
  const { reports } = pod.intercept(VALUE, 1)
  const caller = await pod.call()

  caller.send(request('/', MARIA))

  const { text, reset } = await caller.end()
  t.false(reset)
  t.regex(text, /^HTTP\/1.1 502 Bad Gateway\r\nx-waylay-error: WAYLAY_DEVELOPER_REFUSED\r\n/)
  t.regex(text, /"hint":"Nothing listens/)
  t.like(reports[0], { event: 'request', status: 502 })
})

test('a session that is gone gives 503, and the next caller the app', async t => {
  const app = await listen(t, answerWithName('app'))
  const held = Promise.withResolvers<void>()
  const program = await listen(t, socket => socket.once('data', () => held.resolve()))
  const pod = await proxyPort(t, app)
  const { cut } = pod.intercept(VALUE, program)
  const caller = await pod.call()
  caller.send(request('/held', MARIA))
  await held.promise

  cut()

  t.regex((await caller.end()).text, /^HTTP\/1.1 503 .*\r\nx-waylay-error: WAYLAY_DEVELOPER_GONE\r\n/)
  const next = await pod.call()
  next.send(request('/next', MARIA))
  t.regex(await next.received('/next'), /app \/next$/)
})

test('a program that answers nonsense gives 502', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, socket => socket.end('hello\r\n\r\n'))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(request('/', MARIA))

  t.regex((await caller.end()).text, /^HTTP\/1.1 502 .*\r\nx-waylay-error: WAYLAY_DEVELOPER_BAD_RESPONSE\r\n/)
})

test('a response that breaks off in the middle is a reset, never a short one', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, socket => socket.once('data', () => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort')
  }))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(request('/', MARIA))

  t.true((await caller.end()).reset)
})

test('the app\'s worker is free while a developer holds a first request', async t => {
  const app: Socket[] = []
  const appPort = await listen(t, socket => {
    app.push(socket)
    socket.resume()
  })
  const program = await listen(t, () => {})
  const pod = await proxyPort(t, appPort)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(request('/held', MARIA))

  while (app[0] === undefined) await new Promise(resolve => setImmediate(resolve))
  await once(app[0], 'end')
  t.is(app.length, 1)
})

test('an app that closes during a diverted turn is dialled anew', async t => {
  const apps: Socket[] = []
  const app = await listen(t, socket => answerWithName(`app${apps.push(socket)}`)(socket))
  const program = await listen(t, socket => socket.once('data', () => {
    apps[0]?.end('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n')
    setTimeout(() => socket.write(respond('late')), 200)
  }))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(request('/1'))
  await caller.received('app1 /1')
  caller.send(request('/2', MARIA))
  await caller.received('late')
  caller.send(request('/3'))

  const text = await caller.received('/3')
  t.regex(text, /app2 \/3$/)
  t.false(text.includes('408'))
})

test('an app that closes an idle connection closes it for the caller', async t => {
  const app = await listen(t, socket => {
    answerWithName('app')(socket)
    socket.once('data', () => setTimeout(() => socket.end(), 50))
  })
  const pod = await proxyPort(t, app)
  const caller = await pod.call()

  caller.send(request('/'))

  const { text, reset } = await caller.end()
  t.regex(text, /app \/$/)
  t.false(reset)
})

test('an app that resets is a reset for the caller', async t => {
  const app = await listen(t, socket => socket.once('data', () => socket.resetAndDestroy()))
  const pod = await proxyPort(t, app)
  const caller = await pod.call()

  caller.send(request('/'))

  t.true((await caller.end()).reset)
})

test('an app that does not listen is a reset for the caller', async t => {
  const pod = await proxyPort(t, 1)
  const caller = await pod.call()
  t.true((await caller.end()).reset)
})

test('a caller that resets is a reset for app and developer', async t => {
  const reached = new Set<string>()
  const gone: string[] = []
  const watch = (name: string) => (socket: Socket): void => {
    socket.on('data', () => reached.add(name))
    socket.on('error', () => gone.push(name))
  }
  const app = await listen(t, watch('app'))
  const program = await listen(t, watch('maria'))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const [one, two] = [await pod.call(), await pod.call()]
  one.send(request('/'))
  two.send(request('/', MARIA))
  while (reached.size < 2) await new Promise(resolve => setTimeout(resolve, 10))

  one.socket.resetAndDestroy()
  two.socket.resetAndDestroy()

  while (gone.length < 2) await new Promise(resolve => setTimeout(resolve, 10))
  t.deepEqual(gone.sort(), ['app', 'maria'])
})

test('a caller that resets while its upload waits for a stopped program is noticed', async t => {
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  const program = await listen(t, socket => socket.pause())
  pod.intercept(VALUE, program)
  const caller = await pod.call()
  caller.send(`POST / HTTP/1.1\r\nHost: x\r\n${MARIA}Content-Length: 1000000000\r\n\r\n`)
  let taken = -1
  // Until nobody between here and the program takes any more.
  while (caller.socket.bytesWritten - caller.socket.writableLength > taken) {
    taken = caller.socket.bytesWritten - caller.socket.writableLength
    for (let count = 0; count < 64; count++) caller.socket.write(Buffer.alloc(64 * 1024))
    await delay(200)
  }
  t.is(await pod.openConnections(), 1)

  const startMs = performance.now()
  caller.socket.resetAndDestroy()
  while (await pod.openConnections() > 0) await delay(10)
  t.log(`noticed after ${Math.round(performance.now() - startMs)} ms`)
  t.pass()
})

test('a dev server that closes after each response keeps the caller\'s connection', async t => {
  const app = await listen(t, answerWithName('app'))
  let served = 0
  const program = await listen(t, socket => socket.once('data', () => {
    socket.end(`HTTP/1.0 200 OK\r\nServer: dev\r\n\r\nanswer ${++served}`)
  }))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(request('/', MARIA))
  await caller.received('8\r\nanswer 1\r\n0\r\n\r\n')
  caller.send(request('/', MARIA))
  await caller.received('8\r\nanswer 2\r\n0\r\n\r\n')
  caller.send(request('/last'))

  t.regex(await caller.received('/last'), /app \/last$/)
})

test('a program that closed an idle connection is dialled again for a request without body', async t => {
  const app = await listen(t, answerWithName('app'))
  const sockets: Socket[] = []
  const program = await listen(t, socket => {
    sockets.push(socket)
    answerWithName('maria')(socket)
  })
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()
  caller.send(request('/1', MARIA))
  await caller.received('maria /1')

  sockets[0]?.end()
  caller.send(request('/2', MARIA))

  await caller.received('maria /2')
  t.is(sockets.length, 2)
})

test('a caller of HTTP/1.0 gets its answer and the end', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, answerWithName('maria'))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(`GET /old HTTP/1.0\r\n${MARIA}\r\n`)

  const { text, reset } = await caller.end()
  t.regex(text, /Connection: close\r\n\r\nmaria \/old$/)
  t.false(reset)
})

test('a half-closed caller still gets its answer from app and developer', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, answerWithName('maria'))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  for (const [fields, name] of [['', 'app'], [MARIA, 'maria']] as const) {
    const caller = await pod.call()
    caller.socket.end(request('/fin', fields))
    const { text, reset } = await caller.end()
    t.true(text.endsWith(`${name} /fin`))
    t.false(reset)
  }
})

test('a caller that was answered early and ends its side in the middle of the body is not kept', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, socket => socket.once('data', () => socket.write(respond('early'))))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()
  caller.send(request('/first'))
  await caller.received('app /first')
  caller.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n${MARIA}\r\nhalf`)
  await caller.received('early')

  caller.socket.end()

  t.false((await caller.end()).reset)
})

test('an app that refuses an upload and closes before it has read all of it is heard', async t => {
  const pod = await proxyPort(t, await listen(t, app => {
    let read = 0
    app.on('data', bytes => {
      read += bytes.length
      if (read < 300_000 || app.writableEnded) return
      app.pause()
      app.end('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno', () => app.destroy())
    })
  }))
  for (let upload = 0; upload < 10; upload++) {
    const caller = await pod.call()

    caller.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n')
    caller.socket.write(Buffer.alloc(10_000_000))

    t.regex((await caller.end()).text, /^HTTP\/1\.1 413 /)
  }
})
