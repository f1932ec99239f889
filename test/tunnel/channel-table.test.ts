import test from 'ava'
import { Channel } from '../../tunnel/channel.ts'
import { ChannelTable } from '../../tunnel/channel-table.ts'
import { Fifo } from '../../tunnel/fifo.ts'
import { createRandom } from './helpers/random.ts'

const DEPS = { onReady: () => {}, onCredit: () => {}, onClosed: () => {} }

test('a table of channels agrees with a Map, whatever comes and goes', t => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = createRandom(seed)
    const table = new ChannelTable()
    const twin = new Map<number, Channel>()
    const ids = 1 + random.integer(2000)
    for (let step = 0; step < 3000; step++) {
      // Ids that collide, too: multiples of a power of two.
      const id = 1 + random.integer(ids) * (random.integer(4) === 0 ? 64 : 1)
      if (random.integer(2) === 0) {
        table.delete(id)
        twin.delete(id)
      } else if (!twin.has(id)) {
        const channel = new Channel(id, 'us', 262144, DEPS)
        table.add(channel)
        twin.set(id, channel)
      }
      const asked = 1 + random.integer(ids)
      if (table.get(asked) !== twin.get(asked)) return t.fail(`seed ${seed}, step ${step}`)
    }
    t.is(table.size, twin.size)
    t.true(table.all().every(channel => twin.get(channel.id) === channel))
    t.is(table.all().length, twin.size)
  }
})

test('what goes into a queue first comes out first, at any length', t => {
  const random = createRandom(1)
  const fifo = new Fifo<number>()
  const twin: number[] = []
  for (let step = 0; step < 20_000; step++) {
    if (random.integer(5) < (step % 4000 < 2000 ? 3 : 2)) {
      fifo.push(step)
      twin.push(step)
    } else if (fifo.peek() !== twin[0] || fifo.shift() !== twin.shift()) return t.fail(`step ${step}`)
  }
  t.is(fifo.length, twin.length)
})
