import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, respond } from '../helpers/raw-server.ts'

const VALUE = 'maria-12345678'
/** More than all buffers between the two ends hold. */
const BIG = 8 * 1024 * 1024

const answerBig = (name: string) => (socket: Socket): void => {
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    text += piece
    for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
      const path = text.split(' ', 2)[1] ?? ''
      text = text.slice(end + 4)
      socket.write(respond(path.startsWith('/big') ? 'x'.repeat(BIG) : `${name} ${path}`))
    }
  })
}

for (const [name, first, others] of [
  ['developer, then app', MARIA, ['', MARIA]],
  ['developer, then the same developer', MARIA, [MARIA, '']],
  ['app, then developer', '', [MARIA, '']]
] as const) {
  test(`a slow caller holds up nobody's later turn: ${name}`, async t => {
    const pod = await proxyPort(t, await listen(t, answerBig('any')))
    pod.intercept(VALUE, await listen(t, answerBig('any')))
    const caller = await pod.call()
    caller.send(request('/warm'))
    await caller.received('/warm')
    caller.socket.pause()

    caller.send(request('/big', first))
    await delay(300)
    for (const [index, fields] of others.entries()) caller.send(request(`/after${index}`, fields))
    await delay(50)
    caller.socket.resume()

    t.true((await caller.received('any /after1')).includes('any /after0'))
  })
}

test('a request that was answered before its end leaves nothing for the next one to trip over', async t => {
  const programs: string[] = []
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  pod.intercept(VALUE, await listen(t, socket => {
    const index = programs.push('') - 1
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => {
      if (programs[index] === '') socket.write(respond(`answer${index}`))
      programs[index] += piece
    })
  }))
  const caller = await pod.call()

  caller.send(`POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n${MARIA}\r\n01234`)
  await caller.received('answer0')
  caller.send(`56789${request('/next', MARIA)}`)
  await caller.received('answer1')

  t.true(programs[1]?.startsWith('GET /next'))
})

test('a body whose developer has answered never reaches an app that speaks or closes', async t => {
  for (const ending of ['close', 'speak'] as const) {
    const seen: string[] = []
    const app: Socket[] = []
    const pod = await proxyPort(t, await listen(t, socket => {
      app.push(socket)
      answerWithName('app', seen)(socket)
    }))
    pod.intercept(VALUE, await listen(t, socket => socket.once('data', () => socket.write(respond('early')))))
    const caller = await pod.call()
    caller.send(request('/first'))
    await caller.received('app /first')
    const body = request('/smuggled')
    caller.send(`POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${MARIA}\r\n`)
    await caller.received('early')

    if (ending === 'close') app[0]?.end()
    else app[0]?.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n')
    await delay(50)
    caller.send(`${body}${request('/last')}`)

    await caller.received('app /last')
    t.false(seen.join('').includes('smuggled'))
  }
})

test('surplus bytes of a developer\'s program are no answer to the next request', async t => {
  let served = 0
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  pod.intercept(VALUE, await listen(t, socket => {
    socket.on('data', () => {
      served++
      socket.write(`${respond(`answer${served}`)}${respond('surplus')}`)
      setTimeout(() => socket.write(respond('late')), 30)
    })
  }))
  const caller = await pod.call()
  for (const round of [1, 2, 3]) {
    caller.send(request('/', MARIA))
    const text = await caller.received(`answer${round}`)
    t.false(text.includes('surplus') || text.includes('late'))
    await delay(60)
  }
})

test('an app that sends more than it was asked before a diverted turn keeps the connection in order', async t => {
  const pod = await proxyPort(t, await listen(t, socket => {
    let answered = false
    socket.on('data', bytes => {
      if (!answered) setTimeout(() => socket.write(`${respond('one')}surplus`), 50)
      else socket.write(`got ${bytes.toString().split(' ')[1]}`)
      answered = true
    })
  }))
  pod.intercept(VALUE, await listen(t, answerWithName('maria')))
  const caller = await pod.call()

  caller.send(request('/1') + request('/2', MARIA))

  t.regex(await caller.received('got /2'), /one.*surplusgot \/2$/s)
  t.deepEqual(await pod.opaqueReasons(), ['bytes-without-request'])
})

test('a slow reader gets all of an answer that ends the connection', async t => {
  const pod = await proxyPort(t, await listen(t, answerBig('app')))
  pod.intercept(VALUE, await listen(t, answerBig('maria')))
  for (const halfClose of [false, true]) {
    const caller = await pod.call()
    caller.socket.pause()
    caller.send(request('/big', `${MARIA}Connection: close\r\n`))
    if (halfClose) caller.socket.end()
    await delay(500)
    // Longer than anybody lingers.
    for (let round = 0; round < 25; round++) {
      caller.socket.resume()
      await delay(5)
      caller.socket.pause()
      await delay(95)
    }
    caller.socket.resume()

    const { text, reset } = await caller.end()

    t.false(reset)
    t.true(text.length > BIG)
  }
})

test('an app that is slow to read does not hold up a diverted body after it has left', async t => {
  const apps: Socket[] = []
  const pod = await proxyPort(t, await listen(t, socket => {
    apps.push(socket)
    if (apps.length > 1) return answerWithName('app')(socket)
    // Answers at once and never reads the body.
    socket.once('readable', () => socket.write(respond('early')))
  }))
  const got: number[] = []
  pod.intercept(VALUE, await listen(t, socket => {
    let bytes = 0
    socket.on('data', piece => {
      bytes += piece.length
      if (bytes > BIG) socket.write(respond('all of it'))
      got[0] = bytes
    })
  }))
  const caller = await pod.call()
  caller.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${8 * 1024 * 1024}\r\n\r\n`)
  caller.socket.write(Buffer.alloc(8 * 1024 * 1024))
  await caller.received('early')
  caller.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${BIG}\r\n${MARIA}\r\n`)
  caller.socket.write(Buffer.alloc(BIG))
  await delay(100)
  apps[0]?.destroy()

  const outcome = await Promise.race([caller.received('all of it').then(() => 'answered'), caller.end().then(() => 'ended'), delay(30_000, 'hung', { ref: false })])
  t.not(outcome, 'hung')
})

test('a program that refuses a body after Expect ends the connection: nobody knows where the next request begins', async t => {
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  pod.intercept(VALUE, await listen(t, socket => socket.once('data', () => socket.write(respond('no')))))
  const caller = await pod.call()

  caller.send(`POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n${MARIA}\r\n`)

  const { text, reset } = await caller.end()
  t.regex(text, /Connection: close\r\n\r\nno$/)
  t.false(reset)
})

test('a caller or an app whose lines end with LF alone is never waited for', async t => {
  const pod = await proxyPort(t, await listen(t, socket => socket.on('data', bytes => {
    socket.write(`HTTP/1.1 200 OK\nContent-Length: 2\n\n${bytes.toString('latin1').includes('one') ? 'A1' : 'A2'}`)
  })))
  pod.intercept(VALUE, await listen(t, answerWithName('maria')))
  const [lenient, strict] = [await pod.call(), await pod.call()]

  lenient.send('GET /one HTTP/1.1\r\nHost: x\n\n')
  await lenient.received('A1')
  strict.send(request('/one'))
  await strict.received('A1')
  strict.send(request('/two', MARIA))

  await strict.received('A2')
  t.deepEqual([...await pod.opaqueReasons()].sort(), ['head-malformed', 'response-malformed'])
})
