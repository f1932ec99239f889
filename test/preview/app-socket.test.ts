import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { connectApp } from '../../preview/app-socket.ts'

/** A connection whose app has answered `half`, not read what came, and is gone; nothing is read of it yet. */
async function startCase (t: ExecutionContext, leave: (socket: Socket) => void) {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const socket = connectApp('127.0.0.1', (server.address() as AddressInfo).port).pause()
  t.teardown(() => { socket.destroy() })
  const [[app]] = await Promise.all([accepted, once(socket, 'connect')])
  const errors: (string | undefined)[] = []
  socket.on('error', (error: NodeJS.ErrnoException) => { errors.push(error.code) })
  await new Promise(resolve => { app.write('half', resolve) })
  leave(app.on('error', () => {}))
  await sleep(100)
  // The first one may be taken yet by whoever has closed; the second one is not.
  for (let writes = 0; writes < 2; writes++) {
    await new Promise(resolve => { socket.write('more', resolve) })
    await sleep(100)
  }
  return { socket, errors }
}

async function readAll (socket: Socket): Promise<string> {
  let all = ''
  socket.on('data', (bytes: Buffer) => { all += String(bytes) })
  await new Promise(resolve => { socket.once('close', resolve).resume() })
  return all
}

test('a reset that a write came upon is told to whoever reads, behind what had come', async t => {
  const { socket, errors } = await startCase(t, app => { app.resetAndDestroy() })
  t.is(await readAll(socket), 'half')
  t.deepEqual(errors, ['ECONNRESET'])
})

test('an app that ends and takes no more has said all', async t => {
  const { socket, errors } = await startCase(t, app => { app.end(() => { app.destroy() }) })
  t.is(await readAll(socket), 'half')
  t.deepEqual(errors, [])
})
