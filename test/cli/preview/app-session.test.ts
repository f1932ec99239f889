import { once } from 'node:events'
import { createServer, type ClientHttp2Session } from 'node:http2'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { AppSession } from '../../../cli/preview/app-session.ts'
import { WaylayError } from '../../../common/errors.ts'
import { until } from '../helpers/until.ts'
import { listen } from './fake-app.ts'

async function startCase (t: ExecutionContext) {
  const server = createServer().on('stream', stream => { stream.on('error', () => {}) })
  const port = await listen(t, server)
  const opened: Socket[] = []
  const state = { pod: 'payments-1', failure: undefined as WaylayError | undefined }
  const session = new AppSession({
    dial: async () => {
      const stream = connect(port, '127.0.0.1')
      opened.push(stream)
      await once(stream, 'connect')
      if (state.failure !== undefined) throw state.failure
      return { stream, pod: state.pod }
    },
    isWanted: pod => pod === state.pod
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
  return { session, state, opened, openOnes, getMany, call }
}

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
