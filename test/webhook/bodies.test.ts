import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { limitBodies } from '../../webhook/bodies.ts'

const LIMITS = { smallBytes: 10, largestBytes: 100, totalBytes: 150, timeoutMs: 60_000, largeTimeoutMs: 60_000 }

/** A server that reads bodies and answers with their length. It counts how many it reads at the same time. */
async function startReader (t: ExecutionContext, limits = LIMITS) {
  const counts = { arrived: 0, reading: 0, most: 0, begun: 0 }
  const app = express()
  app.use((_req, _res, next) => {
    counts.arrived += 1
    next()
  })
  app.use(limitBodies(limits))
  app.post('/', (req, res) => {
    counts.begun += 1
    counts.most = Math.max(counts.most, counts.reading += 1)
    let length = 0
    req.on('data', (piece: Buffer) => { length += piece.length })
    req.on('close', () => { counts.reading -= 1 })
    req.on('end', () => { res.send(String(length)) })
  })
  const server = createServer(app)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, counts }
}

/** Begins a request that says so many bytes, or none, and sends half of them. */
function begin (port: number, bytes: number | undefined, localAddress = '127.0.0.1') {
  const headers = bytes === undefined ? {} : { 'content-length': bytes }
  const req = request({ host: '127.0.0.1', port, method: 'POST', headers, localAddress, agent: false })
  const half = Math.floor((bytes ?? 20) / 2)
  req.write('x'.repeat(half))
  const answer = new Promise<string>((resolve, reject) => {
    req.on('error', reject)
    req.on('response', res => { res.setEncoding('utf8').on('data', resolve).on('error', reject) })
  })
  answer.catch(() => {})
  return { answer, end: () => { req.end('x'.repeat((bytes ?? 20) - half)) }, drop: () => { req.destroy() } }
}

async function until (holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}

test('bodies that find no room wait until others have been answered', async t => {
  const { port, counts } = await startReader(t)
  const first = begin(port, 100)
  await until(() => counts.begun === 1)
  const second = begin(port, 100)
  const small = begin(port, 10)
  small.end()
  t.is(await small.answer, '10')
  t.is(counts.begun, 2, 'the second waits, the small one did not')

  first.end()
  t.is(await first.answer, '100')
  second.end()
  t.is(await second.answer, '100')
  t.is(counts.most, 2)
})

test('a body without a length counts as the largest', async t => {
  const { port, counts } = await startReader(t)
  const first = begin(port, undefined)
  await until(() => counts.begun === 1)
  const second = begin(port, 60)
  const third = begin(port, 50)
  const small = begin(port, 10)
  small.end()
  await small.answer
  t.is(counts.begun, 2, 'the small one alone')

  first.end()
  t.is(await first.answer, '20')
  for (const one of [second, third]) {
    one.end()
    await one.answer
  }
  t.is(counts.begun, 4)
})

test('whoever gives up while waiting leaves no place taken', async t => {
  const { port, counts } = await startReader(t)
  const first = begin(port, 100)
  await until(() => counts.begun === 1)
  const impatient = begin(port, 100)
  await until(() => counts.arrived === 2)
  impatient.drop()
  await t.throwsAsync(impatient.answer)

  first.end()
  await first.answer
  const next = begin(port, 100)
  next.end()
  t.is(await next.answer, '100')
  t.is(counts.begun, 2)
})

test('a body that does not come ends its connection and frees its room', async t => {
  const { port } = await startReader(t, { ...LIMITS, largeTimeoutMs: 50 })
  const stuck = begin(port, 100)

  await t.throwsAsync(stuck.answer, { code: 'ECONNRESET' })
  const next = begin(port, 100)
  next.end()
  t.is(await next.answer, '100')
})

test('a small body that is slow is not held to the time of large ones', async t => {
  const { port, counts } = await startReader(t, { ...LIMITS, largeTimeoutMs: 50 })
  const small = begin(port, 10)
  await until(() => counts.begun === 1)
  await t.throwsAsync(begin(port, 100).answer, { code: 'ECONNRESET' })

  small.end()
  t.is(await small.answer, '10')
})

test('large bodies of one address keep those of another waiting for one', async t => {
  const { port, counts } = await startReader(t)
  const many = [begin(port, 100)]
  await until(() => counts.begun === 1)
  for (let more = 0; more < 5; more++) many.push(begin(port, 100))
  await until(() => counts.arrived === 6)
  const other = begin(port, 100, '127.0.0.2')
  other.end()
  await until(() => counts.arrived === 7)

  many[0]?.end()
  t.is(await other.answer, '100')
  t.true(counts.begun <= 3, 'the first, the other, and who came behind it')
  for (const one of many.slice(1)) one.end()
  t.deepEqual(await Promise.all(many.map(async one => await one.answer)), Array.from({ length: 6 }, () => '100'))
})
