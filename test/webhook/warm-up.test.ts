import test from 'ava'
import { createFacts } from '../../webhook/facts/facts.ts'
import { createWarmUp } from '../../webhook/warm-up.ts'

function aWarmUp () {
  let nowMs = 1000
  const facts = createFacts()
  const warmUp = createWarmUp({ areFactsKnown: facts.isComplete, monotonicMs: () => nowMs })
  return { facts, warmUp, pass: (ms: number) => { nowMs += ms } }
}

test('a replica is warm when every list, the server and the record are known', t => {
  const { facts, warmUp } = aWarmUp()

  for (const store of Object.values(facts.stores)) {
    t.false(warmUp.isOver())
    store.reset([])
  }
  t.false(warmUp.isOver(), 'the API server has not said what it is')
  facts.useServer({ isOpenShift: false })
  t.false(warmUp.isOver(), 'the record was not read')
  warmUp.markRecordRead()
  t.true(warmUp.isOver())
})

test('a list that never comes keeps a replica for fifteen seconds', t => {
  const { warmUp, pass } = aWarmUp()
  warmUp.markRecordRead()

  pass(14_999)
  t.false(warmUp.isOver())
  pass(1)
  t.true(warmUp.isOver())
})

test('a watch that breaks later leaves a replica warm', t => {
  const { facts, warmUp } = aWarmUp()
  for (const store of Object.values(facts.stores)) store.reset([])
  facts.useServer({ isOpenShift: false })
  warmUp.markRecordRead()

  for (const store of Object.values(facts.stores)) store.setCurrent?.(false)

  t.true(warmUp.isOver())
})
