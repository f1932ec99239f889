import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import test from 'ava'
import type { DialResult } from '../../proxy/app-dial.ts'
import { freePort } from '../helpers/free-port.ts'
import { proxyPort } from '../helpers/proxied-port.ts'

const OWN = Object.values(networkInterfaces()).flat().find(address => address?.family === 'IPv4' && !address.internal)?.address

test('a preview of an app that is not on the loopback takes nobody\'s redirect away', async t => {
  const told: DialResult[] = []
  const proxy = await proxyPort(t, await freePort(), { onDial: result => { told.push(result) } })
  await callAndWait('127.0.0.1', proxy.port)
  t.deepEqual(told, [])
  if (OWN === undefined) return
  await callAndWait(OWN, proxy.port)
  t.is(told[0]?.errorCode, 'ECONNREFUSED', 'at the pod\'s own address it counts')
})

test('an app that is on the loopback alone gets no redirect by its preview', async t => {
  const app = createServer(socket => socket.end()).listen(0, '127.0.0.1')
  await once(app, 'listening')
  t.teardown(() => app.close())
  const told: DialResult[] = []
  const { port } = app.address() as AddressInfo
  const proxy = await proxyPort(t, port, { onDial: result => { told.push(result) } })
  await callAndWait('127.0.0.1', proxy.port)
  t.deepEqual(told, [])
})

async function callAndWait (host: string, port: number): Promise<void> {
  const socket = connect(port, host)
  socket.on('error', () => {})
  socket.resume().write('GET / HTTP/1.1\r\nhost: app\r\n\r\n')
  await new Promise(resolve => socket.once('close', resolve))
}
