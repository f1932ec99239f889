import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import test from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request } from '../helpers/raw-server.ts'

const VALUE = 'maria-12345678'

const echo = (socket: Socket): void => {
  socket.pipe(socket)
}

test('a server that speaks first is heard at once and stays opaque', async t => {
  const app = await listen(t, socket => {
    socket.write('220 ready\r\n')
    echo(socket)
  })
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, 1)
  const caller = await pod.call()

  await caller.received('220 ready\r\n')
  caller.send(request('/mail', MARIA))

  t.true((await caller.received(MARIA)).startsWith('220 ready\r\nGET /mail'))
  t.deepEqual(await pod.opaqueReasons(), ['server-first'])
})

for (const [name, bytes, reason] of [
  ['TLS', '\x16\x03\x01\x00\x05hello', 'not-http'],
  ['Redis', '*1\r\n$4\r\nPING\r\n', 'not-http'],
  ['a smuggling attempt', `${request('/', `${MARIA}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n`)}0\r\n\r\n`, 'framing-ambiguous'],
  ['something that begins like HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'not-http2']
] as const) {
  test(`${name} passes untouched under a foreign intercept`, async t => {
    const pod = await proxyPort(t, await listen(t, echo))
    pod.intercept(VALUE, 1)
    const caller = await pod.call()

    for (const byte of bytes) caller.send(byte)

    t.is(await caller.received(bytes), bytes)
    t.deepEqual(await pod.opaqueReasons(), [reason])
  })
}

test('an upgrade makes the connection opaque on the side that accepted it', async t => {
  const upgrading = (name: string) => (socket: Socket): void => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n${name}>`)
      echo(socket)
    })
  }
  const pod = await proxyPort(t, await listen(t, upgrading('app')))
  pod.intercept(VALUE, await listen(t, upgrading('maria')))
  for (const [fields, name] of [['', 'app'], [MARIA, 'maria']] as const) {
    const caller = await pod.call()
    caller.send(request('/', `Upgrade: foo\r\nConnection: Upgrade\r\n${fields}`))
    await caller.received(`${name}>`)
    caller.send('\0\xff frames')
    t.true((await caller.received('frames')).endsWith(`${name}>\0\xff frames`))
  }
  t.deepEqual(await pod.opaqueReasons(), [])
})

test('a global intercept delivers a protocol that is not HTTP', async t => {
  const pod = await proxyPort(t, await listen(t, socket => socket.end('app')))
  pod.intercept('', await listen(t, echo))
  const caller = await pod.call()

  caller.send('*1\r\n$4\r\nPING\r\n')

  t.is(await caller.received('PING\r\n'), '*1\r\n$4\r\nPING\r\n')
})

test('a global intercept hears a program that speaks first', async t => {
  const pod = await proxyPort(t, await listen(t, socket => socket.end('app')))
  pod.intercept('', await listen(t, socket => {
    socket.write('220 maria\r\n')
    echo(socket)
  }))
  const caller = await pod.call()

  await caller.received('220 maria\r\n')
  caller.send('HELO\r\n')

  t.is(await caller.received('HELO\r\n'), '220 maria\r\nHELO\r\n')
})

for (const [name, fields] of [['the app', ''], ['a developer', MARIA]] as const) {
  test(`16 MiB go to ${name} and back intact`, async t => {
    const size = 16 * 1024 * 1024
    const body = Buffer.alloc(size)
    for (let at = 0; at < size; at += 4) body.writeUInt32LE((at * 2654435761) >>> 0, at)
    const respondWithBody = (socket: Socket): void => {
      socket.once('data', (first: Buffer) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
        socket.write(first.subarray(first.indexOf('\r\n\r\n') + 4))
        echo(socket)
      })
    }
    const pod = await proxyPort(t, await listen(t, fields === '' ? respondWithBody : answerWithName('app')))
    pod.intercept(VALUE, await listen(t, fields === '' ? answerWithName('maria') : respondWithBody))
    const caller = await pod.call()
    const hash = createHash('sha256')
    let received = 0
    caller.socket.setEncoding('latin1')
    caller.socket.removeAllListeners('data')
    const done = new Promise<void>(resolve => {
      let headLeft = true
      caller.socket.on('data', (piece: string) => {
        let bytes = Buffer.from(piece, 'latin1')
        if (headLeft) {
          headLeft = false
          bytes = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
        }
        received += bytes.length
        hash.update(bytes)
        if (received === size) resolve()
      })
    })

    caller.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n${fields}\r\n`)
    caller.socket.write(body)
    await done

    t.is(hash.digest('hex'), createHash('sha256').update(body).digest('hex'))
  })
}

test('an upgraded connection ends with the session of its developer', async t => {
  const pod = await proxyPort(t, await listen(t, echo))
  const program = await listen(t, socket => socket.once('data', () => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello')
  }))
  const { cut } = pod.intercept(VALUE, program)
  const caller = await pod.call()
  caller.send(request('/', `${MARIA}Connection: Upgrade\r\nUpgrade: echo\r\n`))
  await caller.received('hello')
  cut()
  t.true((await caller.end()).reset)
})
