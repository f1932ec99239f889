import test from 'ava'
import { TakeOverTurn } from '../../../../cli/intercept/object/take-over-turn.ts'

test('what is taken from others waits until all else is held', async t => {
  const turn = new TakeOverTurn(3)
  const order: string[] = []
  const first = turn.wait().then(() => { order.push('taken') })
  order.push('waits')
  turn.settle(true)
  order.push('one held')
  turn.settle(true)
  await first

  t.deepEqual(order, ['waits', 'one held', 'taken'])
})

test('several are taken over one after the other', async t => {
  const turn = new TakeOverTurn(2)
  const order: string[] = []
  const first = turn.wait().then(() => { order.push('first') })
  const second = turn.wait().then(() => { order.push('second') })
  await first
  t.deepEqual(order, ['first'])

  turn.settle(true)
  await second

  t.deepEqual(order, ['first', 'second'])
})

test('nothing is taken over once another wish has failed', async t => {
  const turn = new TakeOverTurn(2)
  const waiting = turn.wait()

  turn.settle(false)

  t.false(await waiting)
})
