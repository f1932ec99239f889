import { once } from 'node:events'
import { createServer, type ClientHttp2Session } from 'node:http2'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { AppSession } from '../../../cli/preview/app-session.ts'
import { WaylayError } from '../../../common/errors.ts'
import { until } from '../helpers/until.ts'
import { listen, startRawApp } from './fake-app.ts'

async function startCase (t: ExecutionContext) {
  const server = createServer().on('stream', stream => { stream.on('error', () => {}) })
  const appPort = await listen(t, server)
  const relayed: Socket[] = []
  const port = await startRawApp(t, socket => {
    const app = connect(appPort, '127.0.0.1').on('error', () => {})
    relayed.push(socket)
    socket.pipe(app)
    app.pipe(socket)
  })
  const opened: Socket[] = []
  const state = { pod: 'payments-1', failure: undefined as WaylayError | undefined, nowMs: 0, pingMs: 30_000 }
  const session = new AppSession({
    dial: async () => {
      const stream = connect(port, '127.0.0.1')
      opened.push(stream)
      await once(stream, 'connect')
      if (state.failure !== undefined) throw state.failure
      return { stream, pod: state.pod }
    },
    isWanted: pod => pod === state.pod,
    nowMs: () => state.nowMs,
    get pingMs () { return state.pingMs }
  })
  t.teardown(() => { session.stop() })
  const openOnes = () => opened.filter(({ destroyed }) => !destroyed).length
  const getMany = async () => new Set(await Promise.all(Array.from({ length: 20 }, async () => await session.get())))
  /** Begins a call that is not answered. */
  const call = async (on: ClientHttp2Session) => {
    const arrived = once(server, 'stream')
    on.request({ ':path': '/' }).on('error', () => {})
    await arrived
  }
  /** What is written goes nowhere from here on, and nobody is told. */
  const cutOff = () => { for (const socket of relayed) socket.unpipe().pause() }
  return { session, state, opened, openOnes, getMany, call, cutOff }
}

test('a connection that is dead, as after a sleep, is used no more, and one that lives is', async t => {
  const { session, state, opened, getMany, cutOff } = await startCase(t)
  const first = await session.get()
  state.nowMs += 60_000
  t.true(await session.get() === first)
  cutOff()
  t.true(await session.get() === first, 'it was heard of a moment ago')
  // Only now: a busy machine may take its time over an answer that comes.
  state.pingMs = 100
  state.nowMs += 60_000
  t.false((await getMany()).has(first))
  t.is(opened.length, 2)
  t.true(first.closed)
})

test('all who find the pod gone share the one connection that is opened instead, and none is left at the end', async t => {
  const { session, state, opened, openOnes, getMany } = await startCase(t)
  t.is((await getMany()).size, 1)
  state.pod = 'payments-2'
  t.is((await getMany()).size, 1)
  t.is(opened.length, 2)
  session.stop()
  await until(() => openOnes() === 0)
})

test('a connection that ends late does not have the newer one forgotten', async t => {
  const { session, state, opened, call } = await startCase(t)
  const first = await session.get()
  await call(first)
  state.pod = 'payments-2'
  const second = await session.get()
  t.true(second !== first)
  const closed = once(first, 'close')
  first.destroy()
  await closed
  t.true(await session.get() === second)
  t.is(opened.length, 2)
})

test('a connection that still carries a call is ended at the end too', async t => {
  const { session, state, openOnes, call } = await startCase(t)
  await call(await session.get())
  state.pod = 'payments-2'
  await session.get()
  t.is(openOnes(), 2)
  session.stop()
  await until(() => openOnes() === 0)
})

test('all who wait for a way that fails are told so, and the next one tries again', async t => {
  const { session, state, opened, getMany } = await startCase(t)
  state.failure = new WaylayError('WAYLAY_REACH_REFUSED', 'no pod')
  const failures = await Promise.allSettled(Array.from({ length: 20 }, async () => await session.get()))
  t.true(failures.every(({ status }) => status === 'rejected'))
  t.is(opened.length, 1)
  state.failure = undefined
  t.is((await getMany()).size, 1)
})
