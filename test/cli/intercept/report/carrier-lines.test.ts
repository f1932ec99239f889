import test from 'ava'
import { CarrierLines } from '../../../../cli/intercept/report/carrier-lines.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

function start () {
  const clock = new ManualClock()
  const lines: string[] = []
  return { clock, lines, carriers: new CarrierLines(clock, line => { lines.push(line) }) }
}

test('one pod is one line for its loss and one for its return', async t => {
  const { clock, lines, carriers } = start()
  carriers.add('a', { kind: 'lost' })
  await clock.pass(1000)
  carriers.add('a', { kind: 'resumed', afterMs: 6800 })
  await clock.pass(1000)

  t.deepEqual(lines, ['Connection to pod a lost; trying again.', 'Connection to pod a is back after 7 s.'])
})

test('a few pods that go together are named in one line', async t => {
  const { clock, lines, carriers } = start()
  for (const pod of ['a', 'b', 'c']) carriers.add(pod, { kind: 'lost' })
  await clock.pass(1000)

  t.deepEqual(lines, ['Connection to pods a, b and c lost; trying again.'])
})

test('many pods are counted, with the longest time of their return', async t => {
  const { clock, lines, carriers } = start()
  for (let pod = 1; pod <= 30; pod++) carriers.add(`p${pod}`, { kind: 'resumed', afterMs: 3000 + pod * 100 })
  await clock.pass(1000)

  t.deepEqual(lines, ['Connection to 30 pods (p1, p2, p3 and 27 others) are back after 6 s.'])
})
