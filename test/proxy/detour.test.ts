import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { standInForDetour } from '../../proxy/detour.ts'

test('a detour listens while the app accepts, also after its port was taken for a while', async t => {
  const app = createServer(socket => socket.on('error', () => {}).end('app')).listen(0, '127.0.0.1')
  await once(app, 'listening')
  const squatter = createServer(socket => socket.on('error', () => {}).end('squatter')).listen(0)
  await once(squatter, 'listening')
  const port = (squatter.address() as AddressInfo).port
  const stop = standInForDetour({ port, to: (app.address() as AddressInfo).port }, ['127.0.0.1'])
  t.teardown(stop)
  await delay(200)
  squatter.close()
  await until(port, 'app')

  app.close()
  await until(port, 'refused')
  t.pass()
})

async function until (port: number, wanted: string): Promise<void> {
  while (await ask(port) !== wanted) await delay(50)
}

async function ask (port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  return await new Promise(resolve => {
    socket.on('data', bytes => resolve(bytes.toString()))
    socket.on('error', () => resolve('refused'))
    socket.on('end', () => resolve('ended'))
  })
}
