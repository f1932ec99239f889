import { createServer } from 'node:http'
import test from 'ava'
import { createPlaces } from '../../preview/places.ts'
import { aService, startGateway } from './cases.ts'
import { until, visitWithHttp2 } from './http2-visitor.ts'

test('one link takes its share and no more, whatever is free', t => {
  const places = createPlaces({ max: 3, maxOfLink: 2 })
  const leave = places.take('p-a')
  t.truthy(places.take('p-a'))
  t.is(places.take('p-a'), undefined)
  t.truthy(places.take('p-b'))
  t.is(places.take('p-b'), undefined, 'all are taken')
  leave?.()
  leave?.()
  t.is(places.taken(), 2)
  t.truthy(places.take('p-b'))
})

test('whoever comes while a Service is read counts', async t => {
  let seen = 0
  const read = Promise.withResolvers<void>()
  const started = await startGateway(t, createServer(() => { seen++ }), {
    readService: async port => {
      await read.promise
      return aService(port)
    }
  })
  const visitors = [visitWithHttp2(t, started), visitWithHttp2(t, started)]
  const statuses: number[] = []
  for (const { open } of visitors) {
    for (let count = 0; count < 100; count++) {
      open('/').on('response', ({ ':status': status }) => { statuses.push(Number(status)) }).resume()
    }
  }
  await until('all are decided on', () => statuses.length === 72)
  t.is(started.gateway.handler.active(), 128)
  read.resolve()
  await until('they are at the app', () => seen === 128)
  t.deepEqual(new Set(statuses), new Set([503]))
  for (const { session } of visitors) session.destroy()
  await until('their places are free', () => started.gateway.handler.active() === 0)
})
