import test from 'ava'
import { bootstrap, median, range, seededRandom } from '../../bench/stats.ts'

test('the median is the middle value, or the mean of the two in the middle', t => {
  t.is(median([5, 1, 9]), 5)
  t.is(median([4, 1, 2, 9]), 3)
  t.is(median([7]), 7)
  t.true(Number.isNaN(median([])))
})

test('the median does not reorder what it is given', t => {
  const values = [3, 1, 2]
  median(values)
  t.deepEqual(values, [3, 1, 2])
})

test('the range is smallest and largest', t => {
  t.deepEqual(range([3, 1, 2]), [1, 3])
})

test('rounds without any difference have an interval of no width', t => {
  t.deepEqual(bootstrap(5, () => 1.25), [1.25, 1.25])
})

test('the interval is the middle 95 % of the draws, and the same for the same seed', t => {
  const values = [1, 2, 3, 4, 100]
  const statistic = (rounds: readonly number[]): number => median(rounds.map(round => values[round] ?? NaN))
  const [low, high] = bootstrap(5, statistic)
  // About one draw in 17 has the 100 in three or more of its five places: beyond the 97.5th percentile. So has the 1.
  t.is(low, 1)
  t.is(high, 100)
  t.deepEqual(bootstrap(5, statistic), [low, high])
})

test('a round is drawn as a whole: what slows both sides of it down is no difference', t => {
  const nginx = [10, 40, 10, 90, 10]
  const ours = nginx.map(value => value * 2)
  const of = (values: readonly number[], rounds: readonly number[]): number =>
    median(rounds.map(round => values[round] ?? NaN))
  t.deepEqual(bootstrap(5, rounds => of(ours, rounds) / of(nginx, rounds)), [2, 2])
})

test('random numbers are spread over 0 to 1', t => {
  const random = seededRandom(7)
  const values = Array.from({ length: 10_000 }, random)
  t.true(values.every(value => value >= 0 && value < 1))
  for (let tenth = 0; tenth < 10; tenth++) {
    const count = values.filter(value => Math.floor(value * 10) === tenth).length
    t.true(count > 850 && count < 1150, `${count} in tenth ${tenth}`)
  }
})
