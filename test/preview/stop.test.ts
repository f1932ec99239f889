import { EventEmitter } from 'node:events'
import test from 'ava'
import { untilStopped } from '../../preview/stop.ts'
import { quietLog } from '../webhook/quiet-log.ts'

test('a signal ends the gateway, and so does an exception that nobody caught', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const events = new EventEmitter()
    const stopped = untilStopped(events, quietLog().log)
    events.emit(signal)
    t.is(await stopped, signal)
  }
  const events = new EventEmitter()
  const told: unknown[] = []
  const log = { ...quietLog().log, error: (fields: unknown) => { told.push(fields) } } as never
  const stopped = untilStopped(events, log)
  const err = new Error('a bug')
  events.emit('uncaughtException', err)
  t.is(await stopped, 'crash')
  t.true(events.emit('uncaughtException', err), 'the next one does not cut off who is answered meanwhile')
  t.deepEqual(told, [{ event: 'preview.crashed', err }, { event: 'preview.crashed', err }])
})
