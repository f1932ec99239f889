import test from 'ava'
import { Tally } from '../../../../cli/ci/test/tally.ts'
import { DivertedCount } from '../../../../cli/intercept/standing/diverted-count.ts'
import { newIntercept } from '../../../../intercepts/object.ts'

/** One process that diverts, and somebody who adds up what its statuses say. */
function startCase () {
  const count = new DivertedCount()
  const tally = new Tally()
  let fence = 1
  return {
    count,
    tally,
    divert: (requests: number) => { for (let each = 0; each < requests; each++) count.add() },
    write: () => {
      const object = newIntercept('shop', 'abc', {
        workload: 'deployment/payments', port: 8080, match: { headers: [] }, global: true, sessionKey: 'key', fence
      })
      tally.see({ ...object, status: { requests: count.tell(), fence } })
    },
    holdAnew: () => {
      fence++
      count.heldAnew()
    }
  }
}

test('a process that holds its object anew is not counted twice', t => {
  const { count, tally, divert, write, holdAnew } = startCase()
  divert(100)
  write()
  holdAnew()
  write()
  t.is(tally.requests, 0)
  divert(2)
  write()
  t.is(tally.requests, 2)
  t.is(count.all, 102)
})

test('what no status had told is told when the object is held anew', t => {
  const { tally, divert, write, holdAnew } = startCase()
  divert(5)
  write()
  divert(3)
  holdAnew()
  divert(1)
  write()
  holdAnew()
  divert(1)
  write()
  t.is(tally.requests, 5)
})
