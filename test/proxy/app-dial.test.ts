import { once } from 'node:events'
import test from 'ava'
import { dialApp, type DialResult } from '../../proxy/app-dial.ts'
import { listen } from '../helpers/proxied-port.ts'

// Addresses of nobody: bind fails with EADDRNOTAVAIL.
const NOBODYS = ['240.0.0.1', '240.0.0.2', '240.0.0.3']

test('an address without ports is passed over, and what was written waits', async t => {
  const received: string[] = []
  const port = await listen(t, socket => {
    socket.on('data', bytes => received.push(bytes.toString()))
    socket.on('end', () => socket.end('bye'))
  })
  for (let round = 0; round < 6; round++) {
    const results: DialResult[] = []
    const socket = dialApp({ address: '127.0.0.1', port, sources: [...NOBODYS, '127.0.0.9'], onResult: result => results.push(result) })
    if (round % 2 === 0) socket.write(`hello${round}`)
    socket.end()
    socket.resume()
    await once(socket, 'close')

    t.deepEqual(results, [{ port, family: 4, errorCode: undefined }])
    t.is(received.join(''), round % 2 === 0 ? `hello${round}` : '')
    received.length = 0
  }
})

test('a dial that finds no address with a port left says so once, after all were tried', async t => {
  const port = await listen(t, () => {})
  const results: DialResult[] = []
  const socket = dialApp({ address: '127.0.0.1', port, sources: NOBODYS, onResult: result => results.push(result) })
  socket.write('never')

  await new Promise(resolve => socket.on('error', () => {}).once('close', resolve))

  t.deepEqual(results, [{ port, family: 4, errorCode: 'EADDRNOTAVAIL' }])
})

test('a dial that is given up has no result and leaves nothing', async t => {
  const port = await listen(t, () => {})
  const results: DialResult[] = []
  const socket = dialApp({ address: '127.0.0.1', port, sources: NOBODYS, onResult: result => results.push(result) })
  socket.destroy()
  await once(socket, 'close')
  await new Promise(resolve => setTimeout(resolve, 50))
  t.deepEqual(results, [])
})

test('a refused dial is not tried again', async t => {
  const results: DialResult[] = []
  const socket = dialApp({ address: '127.0.0.1', port: 1, sources: ['127.0.0.7', '127.0.0.8'], onResult: result => results.push(result) })
  await new Promise(resolve => socket.on('error', () => {}).once('close', resolve))
  t.deepEqual(results.map(({ errorCode }) => errorCode), ['ECONNREFUSED'])
})
