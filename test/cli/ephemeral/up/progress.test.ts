import test from 'ava'
import { createProgress } from '../../../../cli/ephemeral/up/progress.ts'

test('words of others begin no line in the log of a job', t => {
  const lines: string[] = []
  const { step, note } = createProgress(line => lines.push(line))

  step('pulled\n::add-mask::x')
  note('\u001b[2Jpayments')

  t.regex(lines[0] ?? '', /^ *\d+\.\d s {2}pulled\\x0a::add-mask::x$/)
  t.is(lines[1], '\\x1b[2Jpayments')
})
