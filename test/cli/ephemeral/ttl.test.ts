import test from 'ava'
import { parseEnvironmentTtl } from '../../../cli/ephemeral/ttl.ts'

test('an environment lives from ten seconds to thirty days', t => {
  t.is(parseEnvironmentTtl('10s'), 10_000)
  t.is(parseEnvironmentTtl('30d'), 30 * 86_400_000)
  for (const text of ['9s', '31d']) {
    t.throws(() => parseEnvironmentTtl(text), { message: `Cannot use --ttl ${text}: an environment lives from 10s to 30d` })
  }
})
