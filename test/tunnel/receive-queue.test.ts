import test from 'ava'
import { Fifo } from '../../tunnel/fifo.ts'
import { ReceiveQueue } from '../../tunnel/receive-queue.ts'
import { createRandom } from './helpers/random.ts'

function takeAll (queue: ReceiveQueue): Buffer[] {
  const blocks: Buffer[] = []
  for (let block = queue.shift(); block !== undefined; block = queue.shift()) blocks.push(block)
  return blocks
}

test('bytes leave the queue as they came, however they were cut', t => {
  const random = createRandom(3)
  const queue = new ReceiveQueue()
  const sent: Buffer[] = []
  const received: Buffer[] = []
  for (let round = 0; round < 3000; round++) {
    const piece = random.bytes(1 + random.integer(500))
    sent.push(piece)
    queue.append(piece)
    const block = random.integer(20) === 0 ? queue.shift() : undefined
    if (block !== undefined) received.push(Buffer.from(block))
  }
  received.push(...takeAll(queue))
  t.true(Buffer.concat(received).equals(Buffer.concat(sent)))
  t.is(queue.byteLength, 0)
})

test('a window of single bytes waits in few blocks of little more memory', t => {
  const queue = new ReceiveQueue()
  const carrierChunk = Buffer.alloc(64 * 1024, 1)
  for (let count = 0; count < 262_144; count++) queue.append(carrierChunk.subarray(7, 8))
  const blocks = takeAll(queue)
  t.true(blocks.length < 30, `${blocks.length} blocks`)
  t.true(blocks.reduce((sum, block) => sum + block.buffer.byteLength, 0) <= 262_144 + 65_536)
  t.true(blocks.every(block => block.buffer !== carrierChunk.buffer))
})

test('a first in, first out list keeps its order over many compactions', t => {
  const fifo = new Fifo<number>()
  let next = 0
  let expected = 0
  for (let round = 0; round < 10_000; round++) {
    for (let count = 0; count < 3; count++) fifo.push(next++)
    for (let count = 0; count < 2; count++) if (fifo.shift() !== expected++) t.fail(`round ${round}`)
  }
  t.is(fifo.length, next - expected)
  t.is(fifo.peek(), expected)
  while (fifo.length > 0) if (fifo.shift() !== expected++) t.fail(String(expected))
  t.is(fifo.shift(), undefined)
})
