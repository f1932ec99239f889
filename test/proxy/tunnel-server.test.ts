import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createSessionCounts } from '../../proxy/session-counts.ts'
import { StreamBudget } from '../../proxy/stream-budget.ts'
import { listenForCarriers } from '../../proxy/tunnel-server.ts'
import { signProof } from '../../intercepts/proof.ts'
import { signTicket, writePublicKey } from '../../intercepts/ticket.ts'
import { createCliControl } from '../../tunnel/control.ts'
import type { FromProxy } from '../../tunnel/control-messages.ts'
import { openSession } from '../../tunnel/open-session.ts'
import { encodeStreamReply, readStreamHead } from '../../tunnel/stream-head.ts'
import { splice } from '../../tunnel/splice.ts'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, respond } from '../helpers/raw-server.ts'

const SILENT = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }

/** A pod with the proxy's own tunnel port, and maria's session to it over real sockets. */
async function startPod (t: ExecutionContext, onProgram: (socket: Socket) => void) {
  const appPort = await listen(t, answerWithName('app'))
  const pod = await proxyPort(t, appPort)
  const programPort = await listen(t, onProgram)
  const [installation, own] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
  const counts = createSessionCounts()
  const server = await listenForCarriers({
    identity: {
      namespace: 'shop',
      pod: 'payments-1',
      workload: 'deployment/payments',
      ports: () => [{ port: appPort, redirected: true }]
    },
    ticketKey: installation.publicKey,
    routes: pod.routes,
    countBypassing: async () => 0,
    now: Date.now,
    log: SILENT,
    budget: new StreamBudget(),
    counts,
    port: 0
  })
  t.teardown(() => server.close())
  const tunnelPort = (server.address() as AddressInfo).port
  const carriers: Socket[] = []
  const session = openSession({
    role: 'cli',
    openCarrier: async () => {
      const socket = connect({ host: '127.0.0.1', port: tunnelPort, noDelay: true })
      carriers.push(socket)
      await once(socket, 'connect')
      return socket
    },
    onStream: stream => {
      void readStreamHead(stream).then(({ rest }) => {
        const program = connect({ host: '127.0.0.1', port: programPort, allowHalfOpen: true })
        stream.write(encodeStreamReply({ ok: true }))
        program.write(rest)
        splice(stream, program)
      })
    },
    onClose: () => {}
  })
  t.teardown(() => { session.destroy() })
  const added = Promise.withResolvers<void>()
  const ticket = signTicket({
    intercept: 'i-1',
    namespace: 'shop',
    workload: 'deployment/payments',
    port: appPort,
    match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: 'maria-12345678' }] },
    owner: 'maria',
    sessionKey: writePublicKey(own.publicKey),
    fence: 1,
    notAfter: Date.now() + 60_000
  }, installation.privateKey)
  const control = createCliControl(session.openStream(), {
    onError: added.reject,
    onMessage: (message: FromProxy) => {
      if (message.type === 'added') added.resolve()
      if (message.type !== 'welcome') return
      const proof = signProof(own.privateKey, 'shop', 'payments-1', message.nonce)
      control.send({ type: 'add', intercept: 'i-1', ticket, proof })
    }
  })
  control.send({ type: 'hello', protocol: 1, version: '0.1.0', features: [] })
  await added.promise
  return { pod, counts, session, carriers, cut: () => carriers.at(-1)?.resetAndDestroy() }
}

test('a download and a breakpoint survive carriers that are reset', async t => {
  const BODY = 30_000_000
  const held = Promise.withResolvers<Socket>()
  const { pod, counts, cut } = await startPod(t, socket => {
    socket.once('data', (bytes: Buffer) => {
      if (bytes.includes('/breakpoint')) return held.resolve(socket)
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY}\r\n\r\n`)
      for (let at = 0; at < BODY; at += 1_000_000) socket.write(Buffer.alloc(1_000_000, at / 1_000_000))
    })
  })
  const stopped = await pod.call()
  stopped.send(request('/breakpoint', MARIA))
  const program = await held.promise
  const { socket } = await pod.call()
  socket.setEncoding('latin1')
  socket.write(request('/download', MARIA))
  let received = 0
  let cuts = 0
  let isWhole = true
  await new Promise<void>(resolve => {
    socket.on('data', (text: string) => {
      const from = received === 0 ? text.indexOf('\r\n\r\n') + 4 : 0
      for (let at = from; at < text.length; at++) {
        if (text.charCodeAt(at) !== Math.floor((received + at - from) / 1_000_000)) isWhole = false
      }
      received += text.length - from
      if (received > (cuts + 1) * 5_000_000 && cuts < 3) {
        cuts++
        cut()
      }
      if (received >= BODY) resolve()
    })
  })
  program.write(respond('at last'))

  t.regex(await stopped.received('at last'), /^HTTP\/1\.1 200/)
  t.true(isWhole)
  t.is(received, BODY)
  t.deepEqual({ ...counts, now: counts.now() }, { now: 1, carrier: 4, resumed: 3, lost: 0 })
})

test('a session that says goodbye takes its routes with it at once', async t => {
  const { pod, session, counts } = await startPod(t, answerWithName('maria'))
  const caller = await pod.call()
  caller.send(request('/1', MARIA))
  await caller.received('maria /1')
  await session.close()
  while (counts.now() > 0) await new Promise(resolve => setImmediate(resolve))
  caller.send(request('/2', MARIA))

  t.regex(await caller.received('app /2'), /app/)
  t.is(counts.lost, 0)
})
