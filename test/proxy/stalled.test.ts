import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { request } from '../helpers/raw-server.ts'

/** More than all buffers between the two ends hold. */
const BIG = 40_000_000
/** A paused socket is checked at least once in it. */
const STALL_MS = 1500

const calm = async (t: ExecutionContext, port: number): Promise<Socket> => {
  const caller = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  t.teardown(() => caller.destroy())
  caller.on('error', () => {})
  await once(caller, 'connect')
  return caller
}

const readAll = async (socket: Socket): Promise<number> => await new Promise(resolve => {
  let length = 0
  socket.on('data', (bytes: Buffer) => { length += bytes.length })
  socket.on('close', () => resolve(length))
  socket.resume()
})

for (const [kind, first] of [['HTTP', request('/')], ['opaque bytes', '\x01hello']] as const) {
  test(`a caller that ended its side and stops reading for a while gets everything: ${kind}`, async t => {
    const pod = await proxyPort(t, await listen(t, app => {
      app.once('data', () => app.end(Buffer.alloc(BIG, `HTTP/1.1 200 OK\r\nContent-Length: ${BIG - 45}\r\n\r\n`)))
    }))
    const caller = await calm(t, pod.port)
    caller.pause()

    caller.end(first)
    await delay(STALL_MS)

    t.is(await readAll(caller), BIG)
  })
}

test('an app that ended its side and stops reading for a while gets everything', async t => {
  let read: Promise<number> | undefined
  const pod = await proxyPort(t, await listen(t, app => {
    app.pause()
    app.end('SSH-2.0 x\r\n')
    read = delay(STALL_MS).then(async () => await readAll(app))
  }))
  const caller = await calm(t, pod.port)

  caller.end(Buffer.alloc(BIG))
  await readAll(caller)

  t.is(await read, BIG)
})
