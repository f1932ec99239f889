import test from 'ava'
import { mayColor } from '../../../cli/terminal/color.ts'

const TERM = 'xterm-256color'

test('a terminal is coloured and a file is not', t => {
  t.true(mayColor(true, { TERM }))
  t.false(mayColor(false, { TERM }))
})

test('NO_COLOR wins over the terminal', t => {
  t.false(mayColor(true, { TERM, NO_COLOR: '1' }))
  t.true(mayColor(true, { TERM, NO_COLOR: '' }))
})

test('FORCE_COLOR colours a file, and 0 no terminal', t => {
  t.true(mayColor(false, { FORCE_COLOR: '1' }))
  t.false(mayColor(true, { TERM, FORCE_COLOR: '0' }))
})

test('a terminal that cannot is not coloured', t => {
  t.false(mayColor(true, { TERM: 'dumb' }))
})
