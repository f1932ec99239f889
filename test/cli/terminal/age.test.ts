import test from 'ava'
import { formatAge } from '../../../cli/terminal/age.ts'

test('ages are shown in their largest two units', t => {
  t.is(formatAge(0), '0s')
  t.is(formatAge(45_000), '45s')
  t.is(formatAge(60_000), '1m')
  t.is(formatAge(192_000), '3m12s')
  t.is(formatAge(3 * 3_600_000 + 12 * 60_000 + 5000), '3h12m')
  t.is(formatAge(50 * 3_600_000), '2d2h')
})
