import { duplexPair, type Duplex } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { AppConnections } from '../../../cli/preview/app-connections.ts'

function startCase (t: ExecutionContext) {
  const state = { pod: 'payments-1', nowMs: 1_000_000 }
  const dial = async (): Promise<{ stream: Duplex, pod: string }> => ({ stream: duplexPair()[0], pod: state.pod })
  const connections = new AppConnections({ dial, isWanted: pod => pod === state.pod, nowMs: () => state.nowMs })
  t.teardown(() => { connections.stop() })
  return { state, connections }
}

test('what was open while the machine slept is used no more, whichever way its clock was set meanwhile', async t => {
  const { state, connections } = startCase(t)
  for (const sleptMs of [60_000, -60_000]) {
    const used = await connections.dial()
    connections.give(used)
    t.true(connections.take(true) === used)
    connections.give(used)
    state.nowMs += sleptMs
    t.is(connections.take(true), undefined)
    t.true(used.isOver)
  }
})

test('what cannot be sent twice goes only where somebody just was, and leaves the others their connection', async t => {
  const { state, connections } = startCase(t)
  const used = await connections.dial()
  connections.give(used)
  t.true(connections.take(false) === used)
  connections.give(used)
  state.nowMs += 5000
  t.is(connections.take(false), undefined)
  t.true(connections.take(true) === used)
})

test('a connection to a pod that is not wanted any more is ended', async t => {
  const { state, connections } = startCase(t)
  const used = await connections.dial()
  connections.give(used)
  state.pod = 'payments-2'
  t.is(connections.take(true), undefined)
  t.true(used.isOver)
})
