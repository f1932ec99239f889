/** The marks past which new callers reach the app directly, and the bound on streams. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import test from 'ava'
import { Descriptors } from '../../proxy/descriptors.ts'
import { findMemoryStrain, readMemoryMarks } from '../../proxy/memory.ts'
import { StreamBudget } from '../../proxy/stream-budget.ts'

test('the mark of descriptors leaves room for those who are on their way', t => {
  t.is(new Descriptors(1_048_576).mark, 943_718)
  t.is(new Descriptors(1024).mark, 512)
  t.is(new Descriptors(200).mark, 100)
  t.is(new Descriptors(Infinity).mark, Infinity)
})

test('a descriptor past the mark is strain until there is room again', async t => {
  const server = createServer(socket => socket.resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = await once(server, 'connection') as [Socket]
  t.teardown(() => {
    server.close()
    caller.destroy()
    accepted.destroy()
  })
  let open = 4
  const descriptors = new Descriptors(8, () => open)

  t.is(descriptors.mark, 4)
  t.false(descriptors.isStrained(), 'nobody has asked about a socket yet')
  t.true(descriptors.isPast(accepted), 'a process has more descriptors than that')
  t.true(descriptors.isStrained())
  open = 3
  t.false(descriptors.isStrained())
  t.false(new Descriptors(1_000_000).isPast(accepted))
})

test('this process has a limit of descriptors, and knows how many are open', t => {
  const { mark } = new Descriptors()
  t.true(mark > 10)
})

test('each kind of memory has a mark of its own', t => {
  const marks = { heap: 100, buffers: 200, memory: 1000 }
  const use = { heapUsed: 100, external: 200, rss: 1000 }

  t.is(findMemoryStrain(marks, use), undefined)
  t.is(findMemoryStrain(marks, { ...use, heapUsed: 101 }), 'heap')
  t.is(findMemoryStrain(marks, { ...use, external: 201 }), 'buffers')
  t.is(findMemoryStrain(marks, { ...use, rss: 1001 }), 'memory')
})

test('a process like this one is under its marks, and one more big buffer passes them', t => {
  const marks = readMemoryMarks()
  t.is(findMemoryStrain(marks), undefined)
  const big = Buffer.alloc(marks.buffers)
  t.is(findMemoryStrain({ ...marks, heap: Infinity }), 'buffers')
  t.is(big.length, marks.buffers)
})

test('streams are bounded for a session and in total, and given back when they close', async t => {
  const budget = new StreamBudget({ total: 3, perSession: 2 })
  const [maria, ben] = [budget.share(() => new PassThrough()), budget.share(() => new PassThrough())]

  const streams = [maria.open(), maria.open()]
  t.deepEqual([maria.mayOpen(), ben.mayOpen()], [false, true])
  streams.push(ben.open())
  t.deepEqual([budget.open, ben.mayOpen()], [3, false])

  streams[0]?.destroy()
  await once(streams[0] ?? t.fail(), 'close')
  t.deepEqual([budget.open, maria.mayOpen(), ben.mayOpen()], [2, true, true])
})

test('a session that is gone costs no stream', t => {
  const budget = new StreamBudget()
  const session = budget.share(() => { throw new Error('gone') })

  t.throws(session.open, { message: 'gone' })
  t.is(budget.open, 0)
})
