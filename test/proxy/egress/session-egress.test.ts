import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { WaylayError } from '../../../common/errors.ts'
import type { DialHostDeps } from '../../../proxy/egress/dial-host.ts'
import { SessionEgress, type SessionEgressDeps } from '../../../proxy/egress/session-egress.ts'
import { requestDial } from '../../../tunnel/dial-head.ts'
import { encodeMessage } from '../../../tunnel/length-prefix.ts'
import { splice } from '../../../tunnel/splice.ts'
import { listen } from '../../helpers/proxied-port.ts'
import { openSessionPair } from '../../tunnel/helpers/session-pair.ts'

type Egress = {
  readonly egress: SessionEgress
  readonly logged: object[]
  readonly openStream: () => Duplex
  /** The stream, connected. */
  readonly dial: (host: string, port?: number) => Promise<Duplex>
  readonly resolved: string[]
  readonly dialled: string[]
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'ledger.shop': ['10.0.0.5'],
  both: ['fd00::5', '10.0.0.5'],
  silent: ['10.0.0.66', '10.0.0.5'],
  evil: ['10.0.0.5', '127.0.0.1'],
  metadata: ['169.254.169.254'],
  headless: ['10.0.0.1', '10.0.0.5'],
  self: ['10.0.0.1'],
  rebinding: ['10.0.0.77']
}

/** One session's egress behind a real tunnel. Whatever address is dialled, `ports` says where it really is. */
async function start (
  t: ExecutionContext, port: number, options: Partial<SessionEgressDeps> = {}
): Promise<Egress> {
  const [logged, resolved, dialled]: [object[], string[], string[]] = [[], [], []]
  const dial: DialHostDeps = {
    own: () => ['10.0.0.1'],
    resolve: async host => {
      resolved.push(host)
      const found = NAMES[host]
      if (found === undefined) throw new WaylayError('WAYLAY_REACH_UNKNOWN', `The pod cannot resolve ${host}`)
      return found.map(address => ({ address }))
    },
    connect: address => {
      dialled.push(address)
      return connectAs(address, port)
    }
  }
  const log = { error: () => {}, warn: () => {}, debug: () => {}, info: (fields: object) => { logged.push(fields) } }
  const egress = new SessionEgress({ owner: () => 'maria', log, dial, ...options })
  const { cli } = openSessionPair(t, { proxy: { onStream: stream => { egress.accept(stream) } } })
  await cli.session.ready
  return {
    egress,
    logged,
    resolved,
    dialled,
    openStream: () => cli.session.openStream(),
    dial: async (host, to = 80) => {
      const stream = cli.session.openStream()
      const rest = await requestDial(stream, host, to)
      if (rest.length > 0) stream.unshift(rest)
      return stream
    }
  }
}

// 10.0.0.66 never answers, 10.0.0.77 turns out to be this very machine.
function connectAs (address: string, port: number): Socket {
  const socket = address === '10.0.0.66'
    ? connect({ host: 'nobody', port, lookup: () => {} })
    : connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  if (address !== '10.0.0.77') Object.defineProperty(socket, 'remoteAddress', { value: address })
  return socket
}

const echo = (socket: Socket): void => { socket.pipe(socket) }

test('a host is reached by its name in the cluster, with half-close', async t => {
  const { dial, resolved, logged } = await start(t, await listen(t, echo))
  const stream = await dial('ledger.shop')

  stream.end('hello')

  t.is(await text(stream), 'hello')
  t.deepEqual(resolved, ['ledger.shop'])
  t.deepEqual(logged, [{ event: 'egress.dial', host: 'ledger.shop', port: 80, owner: 'maria' }])
})

test('8 MiB come back whole through a reader that starts late', async t => {
  const { dial } = await start(t, await listen(t, echo))
  const stream = await dial('10.0.0.5')
  const sent = Buffer.alloc(8 * 1024 * 1024, 'waylay is patient. ')

  stream.end(sent)
  await new Promise(resolve => setTimeout(resolve, 100))

  t.true(sent.equals(await buffer(stream)))
})

test('bytes behind the head and a greeting behind the reply are not lost', async t => {
  const { openStream } = await start(t, await listen(t, socket => {
    socket.write('220 hello ')
    echo(socket)
  }))
  const stream = openStream()
  stream.write(Buffer.concat([encodeMessage({ dial: { host: 'ledger.shop', port: 25 } }), Buffer.from('EHLO')]))
  stream.end()

  t.regex(await text(stream), /^....\{"ok":true\}220 hello EHLO$/s)
})

test('a reset of the host becomes one of the stream, and the other way round', async t => {
  const sockets: Socket[] = []
  const { dial } = await start(t, await listen(t, socket => { sockets.push(socket.resume()) }))
  const [first, second] = [await dial('10.0.0.5'), await dial('10.0.0.5')]
  const failed = new Promise<NodeJS.ErrnoException>(resolve => first.once('error', resolve))
  first.resume()
  sockets[0]?.resetAndDestroy()
  t.is((await failed).code, 'ECONNRESET')

  const closed = new Promise(resolve => sockets[1]?.once('error', resolve))
  second.destroy()
  t.like(await closed, { code: 'ECONNRESET' })
})

test('without consent nothing is resolved and nothing dialled', async t => {
  const { dial, resolved, dialled } = await start(t, 1, { owner: () => undefined })

  await t.throwsAsync(dial('ledger.shop'), { code: 'WAYLAY_EGRESS_FORBIDDEN' })
  t.deepEqual([resolved, dialled], [[], []])
})

for (const host of ['127.0.0.1', '169.254.169.254', '::1', '::ffff:169.254.169.254', 'fe80::1', '0.0.0.0', '10.0.0.1',
  '::ffff:10.0.0.1', 'evil', 'metadata', 'self', '224.0.0.1', 'fd00:ec2::254']) {
  test(`${host} is never dialled, whatever the namespace says`, async t => {
    const { dial, dialled } = await start(t, 1)

    await t.throwsAsync(dial(host), { code: 'WAYLAY_REACH_FORBIDDEN' })
    t.deepEqual(dialled, [])
  })
}

test('a connection that ends up at a forbidden address is cut', async t => {
  const { dial } = await start(t, await listen(t, echo))
  await t.throwsAsync(dial('rebinding'), { code: 'WAYLAY_REACH_FORBIDDEN', message: /127\.0\.0\.1 is loopback/ })
})

test('a headless name leads to another pod than the one that dials', async t => {
  const { dial, dialled } = await start(t, await listen(t, echo))
  await dial('headless')
  t.deepEqual(dialled, ['10.0.0.5'])
})

test('an address that is silent does not keep the next one from answering', async t => {
  const { dial, dialled } = await start(t, await listen(t, echo))
  const stream = await dial('silent')
  stream.end('x')
  t.is(await text(stream), 'x')
  t.deepEqual(dialled, ['10.0.0.66', '10.0.0.5'])
})

test('a host without anybody says which addresses refused', async t => {
  const { dial, logged } = await start(t, 1)
  await t.throwsAsync(dial('both'), {
    code: 'WAYLAY_REACH_REFUSED', message: 'Nothing accepts connections at fd00::5, 10.0.0.5 port 80 (ECONNREFUSED)'
  })
  t.like(logged[1], { event: 'egress.failed', code: 'WAYLAY_REACH_REFUSED' })
  await t.throwsAsync(dial('nobody'), { code: 'WAYLAY_REACH_UNKNOWN' })
})

test('a host that never answers is given up after the limit', async t => {
  const dial: DialHostDeps = {
    own: () => [],
    resolve: async () => await new Promise(() => {}),
    connect: () => connect({ port: 1, lookup: () => {} })
  }
  const { dial: ask } = await start(t, 1, { dial, limitMs: 50 })
  await t.throwsAsync(ask('ledger.shop'), { code: 'WAYLAY_REACH_REFUSED', message: /did not answer within/ })
})

test('a stream that says nothing, or nonsense, is ended', async t => {
  const { openStream, egress } = await start(t, 1, { limitMs: 50 })
  const mute = openStream()
  const halves = openStream()
  const wrong = [
    {}, { host: 'a b', port: 80 }, { host: 'x'.repeat(300), port: 80 }, { host: 'a', port: 0 }, { host: 'a\r\nb', port: 1 }
  ].map(dial => {
    const stream = openStream()
    stream.write(encodeMessage({ dial }))
    return stream
  })
  const closed = [mute, halves, ...wrong].map(async stream =>
    await new Promise(resolve => stream.resume().once('close', resolve)))
  mute.write('\0')
  halves.end('\0\0')

  await Promise.all(closed)
  t.is(egress.open, 0)
})

test('one more connection than allowed is refused, the others go on', async t => {
  const { dial, egress } = await start(t, await listen(t, echo), { maxOpen: 2 })
  const [first, second] = [await dial('10.0.0.5'), await dial('10.0.0.5')]

  await t.throwsAsync(dial('10.0.0.5'), { code: 'WAYLAY_REACH_REFUSED', message: /^Too many/ })
  second.end()
  t.is(await text(second), '')
  first.end('still here')
  t.is(await text(first), 'still here')
  t.is(egress.open, 0)
  await dial('10.0.0.5')
})

test('what is open ends when the last ticket with consent does', async t => {
  let owner: string | undefined = 'maria'
  const { dial, egress } = await start(t, await listen(t, echo), { owner: () => owner })
  const stream = await dial('10.0.0.5')
  const failed = new Promise<NodeJS.ErrnoException>(resolve => stream.once('error', resolve))
  egress.review()
  stream.write('x')
  t.is(String(await new Promise(resolve => stream.resume().once('data', resolve))), 'x')

  owner = undefined
  egress.review()

  t.is((await failed).code, 'ECONNRESET')
})

test('a developer who gives up ends the dial', async t => {
  let dialling: Socket | undefined
  const called = Promise.withResolvers<void>()
  const dial: DialHostDeps = {
    own: () => [],
    resolve: async () => [],
    connect: () => {
      dialling = connect({ host: 'x', port: 1, lookup: () => {} })
      called.resolve()
      return dialling
    }
  }
  const { openStream } = await start(t, 1, { dial })
  const stream = openStream()
  stream.write(encodeMessage({ dial: { host: '10.0.0.5', port: 80 } }))
  await called.promise
  const closed = new Promise(resolve => dialling?.once('close', resolve))

  stream.destroy()

  await closed
  t.pass()
})

test('streams of the tunnel and connections can be joined by anybody', async t => {
  const { dial } = await start(t, await listen(t, echo))
  const entry = await listen(t, socket => { void dial('10.0.0.5').then(stream => { splice(socket, stream) }) })
  const socket = connect({ host: '127.0.0.1', port: entry, allowHalfOpen: true })
  socket.end('through')
  t.is(await text(socket), 'through')
})
