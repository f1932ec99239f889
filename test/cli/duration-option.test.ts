import test from 'ava'
import { Command } from 'commander'
import { durationOption } from '../../cli/duration-option.ts'

test('a duration is shown in the help as people write it, and read as milliseconds', t => {
  const command = new Command('x').addOption(durationOption('--ttl <duration>', 'how long', '24h'))
  t.true(command.helpInformation().includes('(default: 24h)'))
  t.is(command.parse([], { from: 'user' }).opts()['ttl'], 86_400_000)
  t.is(command.parse(['--ttl', '2m'], { from: 'user' }).opts()['ttl'], 120_000)
  t.throws(() => command.parse(['--ttl', '2'], { from: 'user' }), { message: /^Cannot read --ttl 2/ })
})
