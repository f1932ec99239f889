import { once } from 'node:events'
import { createServer, request } from 'node:https'
import { connect as connectTcp, type AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { mendKeys } from '../../webhook/certificates/keys.ts'
import { limitConnections } from '../../webhook/connections.ts'

const NAME = 'waylay-webhook.waylay-system.svc'
const { keys } = await mendKeys({}, [NAME], Date.now())
const TRUST = { ca: keys.authority.certificate, servername: NAME, host: '127.0.0.1' }

/** A server for three connections at most, whose answers wait until they are let go. */
async function startServer (t: ExecutionContext) {
  const held: (() => void)[] = []
  const server = createServer({ cert: keys.serving.certificate, key: keys.serving.key }, (req, res) => {
    if (req.url === '/held') held.push(() => { res.end('late') })
    else res.end('ok')
  })
  limitConnections(server, 3)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, held }
}

async function get (port: number, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    request({ ...TRUST, port, path, agent: false }, res => { res.setEncoding('utf8').on('data', resolve) })
      .on('error', reject).end()
  })
}

/** A connection that sends the beginning of a head, and no more. */
async function openSlow (t: ExecutionContext, port: number): Promise<{ readonly closed: Promise<void> }> {
  const socket = connect({ ...TRUST, port })
  t.teardown(() => { socket.destroy() })
  socket.on('error', () => {})
  const closed = new Promise<void>(resolve => socket.on('close', () => { resolve() }))
  await new Promise<void>(resolve => socket.once('secureConnect', () => { resolve() }))
  socket.write('GET / HTTP/1.1\r\nhost: ')
  return { closed }
}

test('a full server drops whoever has had no answer for the longest', async t => {
  const { port } = await startServer(t)
  const slow = [await openSlow(t, port), await openSlow(t, port), await openSlow(t, port)]

  t.is(await get(port, '/'), 'ok')
  await slow[0]?.closed
  const open = await Promise.race([slow[2]?.closed.then(() => 'closed'), new Promise(resolve => setTimeout(resolve, 50, 'open'))])
  t.is(open, 'open')
})

test('a request that is being answered is never dropped for a new one', async t => {
  const { port, held } = await startServer(t)
  const late = get(port, '/held')
  while (held.length === 0) await new Promise(resolve => setTimeout(resolve, 5))

  for (let index = 0; index < 6; index += 1) await openSlow(t, port)
  t.is(await get(port, '/'), 'ok')
  held[0]?.()
  t.is(await late, 'late')
})

test('connections that never speak TLS are dropped as well', async t => {
  const { port } = await startServer(t)
  const silent = await Promise.all([1, 2, 3, 4].map(async () => {
    const socket = connectTcp(port, '127.0.0.1')
    t.teardown(() => { socket.destroy() })
    await new Promise<void>(resolve => socket.once('connect', () => { resolve() }))
    return socket
  }))

  t.is(await get(port, '/'), 'ok')
  if (silent[0]?.closed === false) await once(silent[0], 'close')
  t.false(silent[3]?.destroyed)
})
