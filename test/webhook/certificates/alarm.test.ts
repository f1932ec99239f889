import test from 'ava'
import { createAlarm } from '../../../webhook/certificates/alarm.ts'

const NEVER = new AbortController().signal

/** Sleeps until it is woken, however long that takes. */
function sleepUntilWoken (_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => { resolve() })
  })
}

test('a ring ends the wait and only that one', async t => {
  const alarm = createAlarm(sleepUntilWoken)
  const waiting = alarm.wait(60_000, NEVER)
  alarm.ring()
  await waiting

  const next = alarm.wait(60_000, NEVER)
  t.is(await Promise.race([next.then(() => 'woken'), new Promise(resolve => setImmediate(resolve, 'asleep'))]), 'asleep')
})

test('a ring that nobody waits for ends the next wait', async t => {
  const alarm = createAlarm(sleepUntilWoken)
  alarm.ring()

  await t.notThrowsAsync(alarm.wait(60_000, NEVER))
})

test('the signal ends the wait too', async t => {
  await t.notThrowsAsync(createAlarm(sleepUntilWoken).wait(60_000, AbortSignal.abort()))
})
