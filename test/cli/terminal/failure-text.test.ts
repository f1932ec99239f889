import test from 'ava'
import { describeFailure, exitCodeOf } from '../../../cli/terminal/failure-text.ts'
import { WaylayError } from '../../../common/errors.ts'
import { EXIT_CODES } from '../../../common/failures.ts'

test('a pod\'s or a cluster\'s words cannot write into the terminal', t => {
  const text = describeFailure(new WaylayError('WAYLAY_TUNNEL_FAILED', 'Pod a: \u001b[2Jgone\nand more', { hint: 'a\u0007b' }), false)

  t.is(text, 'Pod a: \\x1b[2Jgone\nand more\n  Try:   a\\x07b\n  Code:  WAYLAY_TUNNEL_FAILED   (see docs/errors.md)')
})

test('beside a program each class has an exit code from 120 to 126', t => {
  const codes = ['WAYLAY_INTERNAL', 'WAYLAY_USAGE', 'WAYLAY_FORBIDDEN', 'WAYLAY_NO_CLUSTER', 'WAYLAY_NO_PODS',
    'WAYLAY_CONFLICT', 'WAYLAY_TUNNEL_FAILED'] as const
  const failures = codes.map(code => new WaylayError(code, ''))

  t.deepEqual(failures.map(failure => exitCodeOf(failure, false)), Object.values(EXIT_CODES))
  t.deepEqual(failures.map(failure => exitCodeOf(failure, true)), [120, 121, 122, 123, 124, 125, 126])
})
