import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { WebSocketServer, type WebSocket } from 'ws'
import { callApi } from '../../../cli/cluster/api.ts'
import { openCluster, type Cluster } from '../../../cli/cluster/kubeconfig.ts'
import { openPortForward } from '../../../cli/cluster/port-forward.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'

// NOT Kubernetes: a WebSocket server that frames as its port-forward does. The real one is used end to end.

async function openFake (t: ExecutionContext, server: Server): Promise<Cluster> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const kubeconfig = await writeKubeconfig(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const cluster = openCluster({ kubeconfig }, { env: {}, homeDir: '' })
  t.teardown(() => { cluster.close() })
  return cluster
}

/** Both ends of one port-forward. */
async function connect (
  t: ExecutionContext
): Promise<{ readonly stream: Duplex, readonly pod: WebSocket, readonly url: string }> {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: offered => [...offered][0] ?? false })
  const accepted = Promise.withResolvers<{ pod: WebSocket, url: string }>()
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, pod => {
      // Each channel begins with the port number in two bytes.
      pod.send(Buffer.from([0, 0x1c, 0x3e]))
      pod.send(Buffer.from([1, 0x1c, 0x3e]))
      t.teardown(() => { pod.terminate() })
      accepted.resolve({ pod, url: request.url ?? '' })
    })
  })
  const cluster = await openFake(t, server)
  const [stream, other] = await Promise.all([openPortForward(cluster, 'shop', 'payments-1', 15900), accepted.promise])
  return { stream, ...other }
}

test('the port numbers at the start are not data', async t => {
  const { stream, pod, url } = await connect(t)

  pod.send(Buffer.from('\0hello'))
  pod.close(1000)

  t.is(url, '/api/v1/namespaces/shop/pods/payments-1/portforward?ports=15900')
  t.is(pod.protocol, 'v4.channel.k8s.io')
  t.is(await text(stream), 'hello')
})

test('writes are packed into messages of at most 256 KiB', async t => {
  const { stream, pod } = await connect(t)
  const sizes: number[] = []
  const parts: Buffer[] = []
  pod.on('message', data => {
    sizes.push((data as Buffer).length)
    parts.push((data as Buffer).subarray(1))
  })
  const sent = Buffer.alloc(1_000_000, 'abcdefg')

  for (let at = 0; at < sent.length; at += 10_000) stream.write(sent.subarray(at, at + 10_000))
  stream.end()
  await once(pod, 'close')

  t.true(sent.equals(Buffer.concat(parts)))
  t.true(Math.max(...sizes) <= 256 * 1024)
  t.true(sizes.length < 20)
})

test('a reader that stands still stops the sender', async t => {
  const { stream, pod } = await connect(t)
  const message = Buffer.alloc(64 * 1024)
  stream.pause()

  for (let count = 0; count < 1000; count += 1) pod.send(message)
  await delay(300)

  t.true(pod.bufferedAmount > 32 * 1024 * 1024)
  t.true(stream.readableLength < 2 * 1024 * 1024)
  pod.close(1000)
  t.is((await buffer(stream)).length, 1000 * (message.length - 1))
})

test('an error text of the pod becomes the error of the stream', async t => {
  const { stream, pod } = await connect(t)
  const failed = once(stream, 'error')

  pod.send(Buffer.from('\x01something odd'))

  t.like((await failed)[0], {
    code: 'WAYLAY_TUNNEL_FAILED', message: 'The port-forward to pod "payments-1" failed: something odd'
  })
})

test('a connection that is cut is an error, not an end', async t => {
  const { stream, pod } = await connect(t)
  const failed = once(stream, 'error')

  pod.terminate()

  t.like((await failed)[0], { code: 'WAYLAY_TUNNEL_FAILED' })
})

test('a refused port-forward leaves other requests on the connection unharmed', async t => {
  const cluster = await openFake(t, createServer((request, response) => {
    const isAllowed = request.url === '/version'
    response.writeHead(isAllowed ? 200 : 403, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isAllowed ? { gitVersion: 'v1.34.4' } : { message: 'User "maria" cannot create resource' }))
  }))

  const refused = openPortForward(cluster, 'shop', 'payments-1', 15900)
  await t.throwsAsync(refused, {
    code: 'WAYLAY_FORBIDDEN', message: 'You may not create pods/portforward "payments-1" in namespace "shop"'
  })

  for (let count = 0; count < 20; count += 1) {
    const { body } = await callApi(cluster, { verb: 'get', resource: 'the version', path: '/version' })
    t.deepEqual(body, { gitVersion: 'v1.34.4' })
  }
})
