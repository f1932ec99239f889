import test from 'ava'
import { LIMITS } from '../../../cli/inspect/exchange-log.ts'
import { aLog, ORIGIN } from './records.ts'

const START = { method: 'GET', target: '/', headers: [] }

test('the oldest exchange makes room for the newest', t => {
  const log = aLog({ ...LIMITS, exchanges: 3 })
  const dropped: number[] = []
  log.listen({ changed: () => {}, dropped: id => { dropped.push(id) } })

  for (let count = 0; count < 5; count++) log.begin(ORIGIN, START)

  t.deepEqual(log.exchanges.map(({ id }) => id), [3, 4, 5])
  t.deepEqual(dropped, [1, 2])
})

test('of a long body only the beginning is kept, and its length', t => {
  const log = aLog({ ...LIMITS, bodyBytes: 10 })
  const { requestBody } = log.begin(ORIGIN, START)

  for (const piece of ['abcd', 'efgh', 'ijkl', 'mnop']) requestBody.push(Buffer.from(piece))

  t.is(requestBody.bytes.toString(), 'abcdefghij')
  t.is(requestBody.totalBytes, 16)
  t.true(requestBody.isCut)
})

test('all bodies together stay within the bound, whoever they belong to', t => {
  const log = aLog({ exchanges: 1000, bodyBytes: 1000, totalBytes: 10_000 })
  for (let count = 0; count < 200; count++) {
    const { requestBody, responseBody } = log.begin(ORIGIN, START)
    requestBody.push(Buffer.alloc(700))
    responseBody.push(Buffer.alloc(900))
    t.true(log.keptBytes <= 10_000)
  }
  t.true(log.exchanges.length > 3)
})

test('heads count against the bound too', t => {
  const log = aLog({ exchanges: 1000, bodyBytes: 1000, totalBytes: 10_000 })
  for (let count = 0; count < 100; count++) {
    log.begin(ORIGIN, { ...START, headers: [['cookie', 'x'.repeat(4000)]] })
  }
  t.true(log.exchanges.length <= 2)
})

test('an exchange that was dropped keeps nothing more and tells nobody', t => {
  const log = aLog()
  const old = log.begin(ORIGIN, START)
  log.clear()
  let told = 0
  log.listen({ changed: () => told++, dropped: () => told++ })

  old.responseBody.push(Buffer.from('late'))
  old.respond(200, 'OK', [])
  old.end()

  t.is(told, 0)
  t.is(log.keptBytes, 0)
  t.is(old.responseBody.bytes.length, 0)
})

test('requests are counted by caller and pod, replays are not', t => {
  const log = aLog()
  log.begin(ORIGIN, START)
  log.begin(ORIGIN, START)
  log.begin({ ...ORIGIN, pod: 'payments-2' }, START)
  log.begin({ ...ORIGIN, replayOf: 1 }, START)

  t.deepEqual(log.counts.map(({ pod, diverted }) => [pod, diverted]), [['payments-1', 2], ['payments-2', 1]])
})

test('what made room keeps no memory, though somebody watches it still', t => {
  const log = aLog({ ...LIMITS, exchanges: 1 })
  const old = log.begin(ORIGIN, { ...START, headers: [['x-long', 'x'.repeat(1000)]] })
  old.requestBody.push(Buffer.from('asked'))
  old.respond(200, 'OK', [['x-long', 'y']])
  old.responseBody.push(Buffer.from('told'))
  log.begin(ORIGIN, START)

  old.responseBody.push(Buffer.from('late'))
  old.responseTrailers = [['x-late', '1']]

  t.deepEqual([old.requestHeaders, old.responseHeaders, old.responseTrailers], [[], [], []])
  t.deepEqual([old.requestBody.bytes.length, old.responseBody.bytes.length], [0, 0])
})

test('trailers count against the bound', t => {
  const log = aLog({ exchanges: 1000, bodyBytes: 1000, totalBytes: 10_000 })
  for (let count = 0; count < 10; count++) log.begin(ORIGIN, START).responseTrailers = [['x', 'y'.repeat(4000)]]
  t.true(log.exchanges.length <= 2)
})

test('the one that somebody looks at stays until they look at another, within the bound', t => {
  const log = aLog({ ...LIMITS, exchanges: 3 })
  for (let count = 0; count < 3; count++) log.begin(ORIGIN, START)
  log.lookAt(1)
  for (let count = 0; count < 3; count++) log.begin(ORIGIN, START)
  t.deepEqual(log.exchanges.map(({ id }) => id), [1, 5, 6])

  log.lookAt(5)
  log.begin(ORIGIN, START)
  t.deepEqual(log.exchanges.map(({ id }) => id), [5, 6, 7])

  const small = aLog({ exchanges: 10, bodyBytes: 1000, totalBytes: 500 })
  const only = small.begin(ORIGIN, START)
  small.lookAt(only.id)
  only.requestBody.push(Buffer.alloc(600))
  t.is(small.keptBytes, 0)
})
