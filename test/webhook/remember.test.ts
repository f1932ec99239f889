import test from 'ava'
import { remember } from '../../webhook/remember.ts'

function counting (): { ask: (key: string) => Promise<string>, asked: string[], fail: boolean } {
  const asked: string[] = []
  const counter = {
    asked,
    fail: false,
    ask: async (key: string) => {
      asked.push(key)
      if (counter.fail) throw new Error('away')
      return `${key}${asked.length}`
    }
  }
  return counter
}

test('an answer is used again until it is too old', async t => {
  const counter = counting()
  let nowMs = 0
  const read = remember(counter.ask, 100, () => nowMs)

  t.is(await read('a'), 'a1')
  nowMs = 99
  t.is(await read('a'), 'a1')
  t.is(await read('b'), 'b2')
  nowMs = 100
  t.is(await read('a'), 'a3')
})

test('an old answer is better than none when asking fails', async t => {
  const counter = counting()
  let nowMs = 0
  const read = remember(counter.ask, 100, () => nowMs)
  await read('a')
  nowMs = 1000
  counter.fail = true

  t.is(await read('a'), 'a1')
  await t.throwsAsync(read('b'), { message: 'away' })
})
