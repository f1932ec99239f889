import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { WebSocketServer } from 'ws'
import { openPortForward } from '../../../cli/cluster/port-forward.ts'
import { openSession } from '../../../tunnel/open-session.ts'
import { SessionRegistry } from '../../../tunnel/session-registry.ts'
import { createManualClock } from '../../tunnel/helpers/manual-clock.ts'
import { toCarrier } from '../helpers/fake-pod.ts'
import { openWritten } from '../helpers/open-cluster.ts'
import { until } from '../helpers/until.ts'

// Load balancers in front of API servers cut what is silent for 60 s, some for 30 s.

test('a carrier that nobody uses has bytes on the wire every five seconds, both ways', async t => {
  const clock = createManualClock()
  const registry = new SessionRegistry({
    onSession: () => ({ onStream: stream => { stream.destroy() }, onClose: () => {} }), onCount: () => {}, clock
  })
  const wire = { fromCli: 0, toCli: 0 }
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: offered => [...offered][0] ?? false })
  sockets.on('connection', (pod, request) => {
    t.teardown(() => { pod.terminate() })
    registry.accept(toCarrier(pod, 15900))
    setInterval(() => {
      wire.fromCli = request.socket.bytesRead
      wire.toCli = request.socket.bytesWritten
    }, 1).unref()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const cluster = await openWritten(t, { cluster: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } })
  const session = openSession({
    role: 'cli',
    clock,
    openCarrier: async () => await openPortForward(cluster, 'shop', 'payments-1', 15900),
    onStream: stream => { stream.destroy() },
    onClose: () => {}
  })
  t.teardown(() => { session.destroy() })
  await session.ready

  for (let second = 5; second <= 60; second += 5) {
    await until(() => wire.fromCli > 0)
    const before = { ...wire }
    clock.advance(5000)
    await until(() => wire.fromCli > before.fromCli && wire.toCli > before.toCli)
  }
  t.false(session.isLost)
})
