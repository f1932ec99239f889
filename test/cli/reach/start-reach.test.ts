import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { startReach, type Reach, type ReachOptions } from '../../../cli/reach/start-reach.ts'
import { parseReach } from '../../../cli/reach/reach-wish.ts'
import { WaylayError } from '../../../common/errors.ts'
import { readDialHead } from '../../../tunnel/dial-head.ts'
import { splice } from '../../../tunnel/splice.ts'
import { encodeStreamReply } from '../../../tunnel/stream-head.ts'
import { openSessionPair } from '../../tunnel/helpers/session-pair.ts'
import { freePort } from '../../helpers/free-port.ts'
import { addService, SERVICES, sliceOf, startFakeServices, type FakeServices } from './fake-services.ts'

type Reaching = Reach & {
  readonly notes: string[]
  readonly services: FakeServices
  /** What pods were asked for that dial for the developer. */
  readonly dialled: string[]
}

/** @param program port of what a pod reaches, whatever it is asked for; 0: it refuses. */
async function start (
  t: ExecutionContext, flags: ReachOptions['flags'], program = 0, options: Partial<ReachOptions> = {}
): Promise<Reaching> {
  const services = await startFakeServices(t)
  const [notes, dialled]: [string[], string[]] = [[], []]
  const { cli } = openSessionPair(t, {
    proxy: { onStream: stream => { void dialAsPod(stream, program, dialled) } }
  })
  await cli.session.ready
  const reach = await startReach({
    cluster: services.cluster,
    openPodStream: () => cli.session.openStream(),
    flags,
    note: line => { notes.push(line) },
    isVerbose: false,
    ...options
  })
  t.teardown(() => { reach.stop() })
  return { ...reach, notes, services, dialled }
}

async function dialAsPod (stream: Duplex, port: number, dialled: string[]): Promise<void> {
  const asked = await readDialHead(stream)
  dialled.push(`${asked.host}:${asked.port}`)
  if (port === 0) {
    stream.end(encodeStreamReply({ ok: false, code: 'WAYLAY_EGRESS_FORBIDDEN', message: 'The namespace does not consent' }))
    return
  }
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  await once(socket, 'connect')
  stream.write(encodeStreamReply({ ok: true }))
  if (asked.rest.length > 0) socket.write(asked.rest)
  splice(stream, socket)
}

async function say (port: number | undefined, what = 'hello'): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: port ?? 0, allowHalfOpen: true })
  socket.write(what)
  return await text(socket).catch((error: NodeJS.ErrnoException) => error.code ?? 'failed')
}

async function serveHttp (t: ExecutionContext, answer = 'from outside'): Promise<number> {
  const server = createHttpServer((request, response) => response.end(`${answer} ${request.headers.host} ${request.url}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const any = (host: string): NonNullable<ReachOptions['flags']['reach']>[number] => ({ ...parseReach(host), developerPort: 0 })

test('a Service is reached at its ready pods in turn, under the port that they have', async t => {
  const { ports, services, dialled } = await start(t, { reach: [any('ledger:80')] })
  addService(services, 'ledger', ['ledger-a', '!ledger-b', 'ledger-c'])

  const answers = [await say(ports[0]), await say(ports[0]), await say(ports[0])]

  t.deepEqual(answers, ['ledger-a:8080 hello', 'ledger-c:8080 hello', 'ledger-a:8080 hello'])
  t.deepEqual(dialled, [])
  t.is(services.asked.filter(line => line.includes('endpointslices')).length, 2, 'one list, one watch')
})

for (const host of ['ledger.shop', 'LEDGER.shop.svc', 'ledger.shop.svc.cluster.local', 'ledger.shop.svc.example.', '10.96.0.9', '[fd96::9]', '[fd96:0:0::9]']) {
  test(`${host} is the Service too`, async t => {
    const { ports, services } = await start(t, { reach: [any(`${host}:80`)] })
    addService(services, 'ledger', ['ledger-a'])

    t.is(await say(ports[0]), 'ledger-a:8080 hello')
  })
}

test('pods that come and go are followed, and one that is just gone is passed over', async t => {
  const { ports, services } = await start(t, { reach: [any('ledger:80')] })
  addService(services, 'ledger', ['ledger-a', 'ledger-b'])
  services.gone.add('ledger-a')
  t.is(await say(ports[0]), 'ledger-b:8080 hello')
  t.is(await say(ports[0]), 'ledger-b:8080 hello')

  services.setSlices('ledger', [sliceOf('ledger', ['ledger-c'])])
  for (;;) if (await say(ports[0]) === 'ledger-c:8080 hello') break
  services.setSlices('ledger', [sliceOf('ledger', ['!ledger-c'])])
  for (;;) if (await say(ports[0]) === 'ECONNRESET') break
  t.pass()
})

test('a pod of a headless Service is reached by its own name and any port', async t => {
  const { ports, services } = await start(t, { reach: [any('db-1.db.shop.svc:5432')] })
  addService(services, 'db', ['db-0', 'db-1'], { clusterIP: 'None', clusterIPs: ['None'], ports: [] })

  t.is(await say(ports[0]), 'db-1:5432 hello')
  t.is(await say(ports[0]), 'db-1:5432 hello')
})

test('a port that the Service does not have is told, once, with those it has', async t => {
  const { ports, services, notes } = await start(t, { reach: [any('ledger:5432')] })
  addService(services, 'ledger', ['ledger-a'])

  t.is(await say(ports[0]), 'ECONNRESET')
  t.is(await say(ports[0]), 'ECONNRESET')
  t.is(notes.length, 1)
  t.regex(notes[0] ?? '', /^Warning: cannot reach ledger:5432: Service shop\/ledger has no TCP port 5432; it has: 80 \(http\), 81 \(admin\)\. .*\(WAYLAY_REACH_UNKNOWN\)$/)
})

test('a pod where nothing listens is told, though the port-forward stood', async t => {
  const { ports, services, notes } = await start(t, { reach: [any('ledger:81')] })
  addService(services, 'ledger', ['ledger-a'])

  t.is(await say(ports[0]), 'ECONNRESET')
  t.regex(notes[0] ?? '', /nothing listens on its port 9000\. /)
})

test('a right that is missing is named', async t => {
  const { ports, services, notes } = await start(t, { reach: [any('ledger:80')] })
  addService(services, 'ledger', ['ledger-a'])
  services.objects.set('/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices', { code: 403 })
  services.cluster.close()
  const { ports: [port], notes: told } = await start(t, { reach: [any('ledger:80')] }, 0, {
    cluster: { ...services.cluster, access: async () => { throw new WaylayError('WAYLAY_FORBIDDEN', 'You may not') } }
  })

  t.is(await say(port), 'ECONNRESET')
  t.regex(told[0] ?? '', /You may not.*\(WAYLAY_FORBIDDEN\)$/)
  t.deepEqual([ports.length, notes.length], [1, 0])
})

test('what is no Service goes through a pod of the workload', async t => {
  const program = await serveHttp(t)
  const { ports, services, dialled } = await start(t, {
    reach: [any('db.example.org:5432'), any('unknown:80'), any('legacy:80'), any('manual:80'), any('10.1.2.3:80')]
  }, program)
  addService(services, 'legacy', [], { type: 'ExternalName', externalName: 'old.example.org', clusterIP: '', clusterIPs: [] })
  addService(services, 'manual', [], { selector: {} })
  services.objects.set(`${SERVICES}/forbidden`, { code: 403 })

  for (const port of ports) t.regex(await say(port, 'GET /x HTTP/1.0\r\n\r\n'), /from outside/)
  t.deepEqual(dialled, ['db.example.org:5432', 'unknown:80', 'old.example.org:80', 'manual:80', '10.1.2.3:80'])
})

test('without consent the pod\'s word is told', async t => {
  const { ports, notes } = await start(t, { reach: [any('db.example.org:5432')] })
  t.is(await say(ports[0]), 'ECONNRESET')
  t.regex(notes[0] ?? '', /The namespace does not consent\. .*waylay\.dev\/egress=allow.*\(WAYLAY_EGRESS_FORBIDDEN\)$/)
})

test('this machine and link-local addresses are refused before anybody is asked', async t => {
  const hosts = ['127.0.0.1', 'localhost', 'x.localhost', '169.254.169.254', '[::1]', '[::ffff:127.0.0.1]', '[fe80::1]', '0.0.0.0']
  const { ports, notes, dialled, services } = await start(t, { reach: hosts.map(host => any(`${host}:80`)) })
  for (const port of ports) t.is(await say(port), 'ECONNRESET')
  t.is(notes.filter(line => line.endsWith('(WAYLAY_REACH_FORBIDDEN)')).length, hosts.length)
  t.deepEqual([dialled, services.asked], [[], []])
})

test('a port that is taken is named, and nothing else stays open', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo
  const other = await freePort()

  const reach = [{ host: 'ledger', port: 80, developerPort: other }]
  const error = await t.throwsAsync(start(t, { reach, socks: port }), { code: 'WAYLAY_PORT_IN_USE' })

  t.is(error?.message, `Cannot listen on 127.0.0.1:${port} (--socks ${port}): EADDRINUSE`)
  t.is(await say(other), 'ECONNREFUSED')
})

test('with --verbose each dial is told by host and port', async t => {
  const { ports, services, notes, lines } = await start(t, { reach: [any('ledger:80')], socks: 0 }, 0, { isVerbose: true })
  addService(services, 'ledger', ['ledger-a'])
  await say(ports[0])
  await say(ports[0])

  t.deepEqual(notes, ['Reaching ledger:80', 'Reaching ledger:80'])
  t.deepEqual(lines, [`Reach ledger:80 at 127.0.0.1:${ports[0]}`, `Reach the cluster by its names through SOCKS5 at 127.0.0.1:${ports[1]}`])
})

test('stopping cuts what is open and closes the ports', async t => {
  const { ports, services, stop } = await start(t, { reach: [any('ledger:80')] })
  addService(services, 'ledger', ['ledger-a'])
  const socket = connect({ host: '127.0.0.1', port: ports[0] ?? 0 })
  socket.on('error', () => {})
  t.is(String((await once(socket, 'data'))[0]), 'ledger-a:8080 ')

  stop()

  await once(socket, 'close')
  t.is(await say(ports[0]), 'ECONNREFUSED')
})

test('curl reaches hosts by their names through SOCKS', async t => {
  const { ports, services, dialled } = await start(t, { socks: 0 }, await serveHttp(t))
  services.objects.set(SERVICES, { metadata: {}, items: [] })
  const curl = async (...args: string[]): Promise<string> => await new Promise(resolve => {
    execFile('curl', ['-sS', '--max-time', '20', ...args], (error, stdout) => { resolve(error === null ? stdout : `failed ${error.code}`) })
  })
  const at = `127.0.0.1:${ports[0]}`

  t.is(await curl('--socks5-hostname', at, 'http://orders.other:8080/a'), 'from outside orders.other:8080 /a')
  t.is(await curl('--socks5', at, '--resolve', 'a:80:10.1.2.3', 'http://a/b'), 'from outside a /b')
  t.is(await curl('--socks5-hostname', at, 'http://[fd00::7]/c'), 'from outside [fd00::7] /c')
  t.deepEqual(dialled, ['orders.other:8080', '10.1.2.3:80', 'fd00:0:0:0:0:0:0:7:80'])
  // 97: "cannot complete SOCKS5 connection".
  t.is(await curl('--socks5-hostname', at, 'http://169.254.169.254/latest/meta-data'), 'failed 97')
  t.regex(await curl('-x', `http://${at}`, 'http://orders.other/'), /This is a SOCKS5 proxy/)
})
