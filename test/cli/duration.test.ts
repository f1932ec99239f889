import test from 'ava'
import { parseDuration } from '../../cli/duration.ts'

test('durations are read as kubectl writes them', t => {
  t.deepEqual(['90s', '10m', '1h30m', '2d', '1.5h', '250ms'].map(text => parseDuration(text, '--since')),
    [90_000, 600_000, 5_400_000, 172_800_000, 5_400_000, 250])
})

test('what is no duration is refused with an example', t => {
  for (const text of ['', '10', 'm', '10 m', '-5m', '0s', '5x', '1h-', 'soon', `${'9'.repeat(30)}d`]) {
    t.throws(() => parseDuration(text, '--since'), { code: 'WAYLAY_USAGE', message: /^Cannot read --since/ }, text)
  }
})
