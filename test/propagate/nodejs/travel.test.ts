import { AsyncResource } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { mock } from 'node:test'
import { defaultTextMapSetter, ROOT_CONTEXT } from '@opentelemetry/api'
import test from 'ava'
import { Contexts } from '../../../propagate/nodejs/contexts.ts'
import { HeaderPropagator } from '../../../propagate/nodejs/header-propagator.ts'
import { createTravel } from '../../../propagate/nodejs/travel.ts'

const contexts = new Contexts()
const propagator = new HeaderPropagator(['x-waylay-id'])

test('what a request began and what goes on for ever carries nothing once the answer is long over', t => {
  const ends: (() => void)[] = []
  const travel = createTravel(propagator, contexts, (_message, callback) => { ends.push(callback) })
  const send = (): readonly unknown[] => travel.send(() => false)
  // As setInterval binds its callback, and a pool its connections.
  const begin = (id: string): (() => readonly unknown[]) =>
    travel.receive({ 'x-waylay-id': id }, [new EventEmitter()], () => AsyncResource.bind(send))
  const [first, second] = [begin('pr-1'), begin('pr-2')]

  t.deepEqual([first(), second(), send()], [[['x-waylay-id', 'pr-1']], [['x-waylay-id', 'pr-2']], []])
  ends[0]?.()
  t.deepEqual([first(), second(), send()], [[], [['x-waylay-id', 'pr-2']], []])
})

test('an event of a request that brought nothing carries nothing, whichever request it comes from', t => {
  const travel = createTravel(propagator, contexts, () => {})
  const [marked, unmarked] = [new EventEmitter(), new EventEmitter()]
  const sent: unknown[] = []
  const listen = (emitter: EventEmitter) => () => { emitter.on('finish', () => { sent.push(travel.send(() => false)) }) }
  travel.receive({}, [unmarked], listen(unmarked))
  travel.receive({ 'x-waylay-id': 'pr-1' }, [marked], listen(marked))

  // As the end of one answer lets the next one of a pipeline go.
  marked.on('finish', () => { unmarked.emit('finish') })
  marked.emit('finish')

  t.deepEqual(sent, [[['x-waylay-id', 'pr-1']], []])
})

test('an emitter that runs for a request keeps the listeners that the app gave it', t => {
  const emitter = contexts.bind(ROOT_CONTEXT.setValue(Symbol('a'), 1), new EventEmitter())
  const listener = () => {}
  emitter.on('close', listener)

  t.deepEqual(emitter.listeners('close'), [listener])
  t.deepEqual(Object.keys(emitter), Object.keys(new EventEmitter().on('close', listener)))
})

test('a connection that is opened again and again has one call more around its events, and no more', t => {
  const socket = contexts.bind(ROOT_CONTEXT, new EventEmitter())
  const bound = Object.getOwnPropertyDescriptor(socket, 'emit')

  contexts.bind(ROOT_CONTEXT, socket)

  t.deepEqual(Object.getOwnPropertyDescriptor(socket, 'emit'), bound)
  t.not(bound, undefined)
})

test.serial('what an answer leaves to be done is carried on for ten seconds', t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => { mock.timers.reset() })
  const travel = createTravel(propagator, contexts)
  const [request, response] = [new EventEmitter(), new EventEmitter()]
  const send = travel.receive({ 'x-waylay-id': 'pr-1' }, [request, response],
    () => AsyncResource.bind(() => travel.send(() => false).length))

  request.emit('close')
  mock.timers.tick(60_000)
  t.is(send(), 1, 'an answer may take as long as it likes')
  response.emit('close')
  mock.timers.tick(9999)
  t.is(send(), 1)
  mock.timers.tick(1)
  t.is(send(), 0)
})

test('of a gRPC call that brought nothing no empty header goes on', t => {
  const context = propagator.extract(ROOT_CONTEXT, {}, { get: () => [], keys: () => [] })
  const sent = {}
  propagator.inject(context, sent, defaultTextMapSetter)

  t.deepEqual(sent, {})
})
