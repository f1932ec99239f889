import { createServer } from 'node:http'
import test from 'ava'
import { createPlaces } from '../../preview/places.ts'
import { aService, startGateway } from './cases.ts'
import { seenOf, until, visitWithHttp2 } from './http2-visitor.ts'

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

test('a visitor who reads slowly has every stream that they may open', async t => {
  let seen = 0
  const answer = Buffer.alloc(400_000)
  const started = await startGateway(t, createServer((_req, res) => {
    seen++
    res.end(answer)
  }))
  const { session, open } = visitWithHttp2(t, started)
  for (let count = 0; count < 99; count++) open('/')
  await until('all wait for their visitor', () => seen === 99)
  // The gateway holds as much of each as it ever does.
  await new Promise(resolve => { setTimeout(resolve, 500) })
  const stream = open('/')
  await until('one more is at the app, or refused', () => seen === 100 || stream.closed)
  t.deepEqual([seen, session.closed], [100, false])
})

test('cookies are counted by their bytes, not by the lines that a browser writes them in', async t => {
  const started = await startGateway(t, createServer((req, res) => { res.end(String(req.headers.cookie?.split(';').length)) }))
  const many = Array.from({ length: 180 }, (_, index) => `c${index}=1`)
  const { status, body } = await seenOf(visitWithHttp2(t, started).open('/', { cookie: [started.cookie, ...many] }))
  t.deepEqual([status, body], [200, '180'])
})
