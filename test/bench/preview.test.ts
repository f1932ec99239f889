import test from 'ava'
import { PREVIEW_FIGURE_RULES } from '../../bench/preview/figures.ts'
import { parseLabOptions } from '../../bench/lab-options.ts'
import { PREVIEW_ROW_NAMES, PREVIEW_ROWS } from '../../bench/preview/rows.ts'

test('the bench of the preview has a row for every name and figure', t => {
  t.deepEqual(PREVIEW_ROWS.map(({ name }) => name), [...PREVIEW_ROW_NAMES])
  for (const { name, row, sides } of PREVIEW_FIGURE_RULES) {
    const found = PREVIEW_ROWS.find(one => one.name === row)
    t.deepEqual(sides.filter(side => found?.sides.includes(side) !== true), [], name)
  }
})

test('rows of the preview are chosen by name, and a wrong one is refused', t => {
  t.deepEqual(parseLabOptions(['--only', 'large,small'], PREVIEW_ROW_NAMES).rows, ['small', 'large'])
  t.deepEqual(parseLabOptions([], PREVIEW_ROW_NAMES).rows, PREVIEW_ROW_NAMES)
  t.throws(() => parseLabOptions(['--only', 'tiny'], PREVIEW_ROW_NAMES), { message: /"tiny".*small, large/ })
  t.throws(() => parseLabOptions(['--rounds', '0'], PREVIEW_ROW_NAMES), { message: /--rounds: "0"/ })
})
