import test from 'ava'
import { ENVIRONMENT_TTL, maxTtlMs } from '../../environments/ttl.ts'

test('a namespace may say how long an environment lives at most', t => {
  t.is(maxTtlMs(undefined), ENVIRONMENT_TTL.maxMs)
  t.is(maxTtlMs('7d'), 7 * 86_400_000)
  for (const text of ['', '7', 'forever', '-1h', '0s']) t.is(maxTtlMs(text), undefined)
})
