import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import WebSocket, { WebSocketServer } from 'ws'
import { PortForwardStream } from '../../../cli/cluster/port-forward-stream.ts'
import { Pulse } from '../../../cli/cluster/pulse.ts'
import { WaylayError } from '../../../common/errors.ts'
import { until } from '../helpers/until.ts'

const PULSE_MS = 50
/** Long enough for a connection to be given up many times over. */
const LONG_MS = 600

/** A port-forward to a pod that reads, and answers pings, while the test lets it. */
async function startCase (t: ExecutionContext) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false })
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[WebSocket, { socket: Socket }]>
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const stream = new PortForwardStream(socket, reason => new WaylayError('WAYLAY_TUNNEL_FAILED', reason), PULSE_MS)
  t.teardown(() => { stream.destroy() })
  const [[pod]] = await Promise.all([accepted, once(socket, 'open')])
  const state = { answers: true, pings: 0 }
  pod.on('ping', (bytes: Buffer) => {
    state.pings++
    if (state.answers) pod.pong(bytes)
  })
  pod.send(Buffer.from([0, 0x1c, 0x3e]))
  const failures: unknown[] = []
  stream.on('error', error => { failures.push(error) })
  return { stream: stream.resume(), pod, state, failures }
}

type Case = Awaited<ReturnType<typeof startCase>>

async function goesOn (t: ExecutionContext, { stream, failures }: Case): Promise<void> {
  await sleep(LONG_MS)
  t.deepEqual(failures, [])
  t.false(stream.destroyed)
}

test('a connection that answers no more is given up, whatever small was written meanwhile', async t => {
  const { stream, state, failures } = await startCase(t)
  await until(() => state.pings > 2)
  t.deepEqual(failures, [])
  state.answers = false
  stream.write('GET / HTTP/1.1')
  await until(() => failures.length > 0)
  t.like(failures, [{ code: 'WAYLAY_TUNNEL_FAILED', message: 'the connection answers no more' }])
  t.true(stream.destroyed)
})

test('a connection whose other end knows no pings goes on', async t => {
  const started = await startCase(t)
  started.state.answers = false
  await goesOn(t, started)
})

test('a connection on which something comes goes on', async t => {
  const started = await startCase(t)
  await until(() => started.state.pings > 2)
  started.state.answers = false
  const timer = setInterval(() => { started.pod.send(Buffer.from('\0more')) }, PULSE_MS / 2)
  t.teardown(() => { clearInterval(timer) })
  await goesOn(t, started)
})

test('a pod that stands still behind an upload is waited for', async t => {
  const started = await startCase(t)
  await until(() => started.state.pings > 2)
  started.pod.pause()
  started.stream.write(Buffer.alloc(100_000))
  await goesOn(t, started)
})

test('a reader that stands still hears no answers, and its connection goes on', async t => {
  const started = await startCase(t)
  await until(() => started.state.pings > 2)
  started.stream.pause()
  for (let count = 0; count < 100; count++) started.pod.send(Buffer.alloc(64 * 1024))
  await goesOn(t, started)
})

test('a port-forward that is refused leaves no pulse behind', async t => {
  const server = createServer().on('upgrade', (_request, socket: Duplex) => {
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  let beats = 0
  Object.defineProperty(socket, 'isPaused', { get: () => ++beats > 0 })
  void new Pulse(socket, () => {}, 10)
  const [, answer] = await once(socket, 'unexpected-response') as [unknown, IncomingMessage]
  await once(answer.resume(), 'end')
  await sleep(300)
  t.is(beats, 0)
})
