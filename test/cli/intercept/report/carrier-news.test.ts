import test from 'ava'
import { CarrierNews, type CarrierChange } from '../../../../cli/intercept/report/carrier-news.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

function start () {
  const clock = new ManualClock()
  const told: CarrierChange[] = []
  return { clock, told, news: new CarrierNews(clock, change => { told.push(change) }) }
}

test('a carrier that is back within two seconds is not spoken of', async t => {
  const { clock, told, news } = start()
  news.lost()
  await clock.pass(1900)
  news.resumed()
  await clock.pass(10_000)

  t.deepEqual(told, [])
})

test('a loss that lasts is told once, and its end with the time', async t => {
  const { clock, told, news } = start()
  news.lost()
  await clock.pass(1000)
  news.lost()
  await clock.pass(6000)
  news.resumed()
  news.resumed()

  t.deepEqual(told, [{ kind: 'lost' }, { kind: 'resumed', afterMs: 7000 }])
})

test('a session that is stopped tells nothing more', async t => {
  const { clock, told, news } = start()
  news.lost()
  news.stop()
  await clock.pass(10_000)

  t.deepEqual(told, [])
  t.is(clock.pending, 0)
})
