import test from 'ava'
import { PREVIEW_FIGURE_RULES } from '../../bench/preview/figures.ts'
import { parsePreviewOptions } from '../../bench/preview/options.ts'
import { PREVIEW_ROW_NAMES, PREVIEW_ROWS } from '../../bench/preview/rows.ts'

test('the bench of the preview has a row for every name and figure', t => {
  t.deepEqual(PREVIEW_ROWS.map(({ name }) => name), [...PREVIEW_ROW_NAMES])
  for (const { name, row, sides } of PREVIEW_FIGURE_RULES) {
    const found = PREVIEW_ROWS.find(one => one.name === row)
    t.deepEqual(sides.filter(side => found?.sides.includes(side) !== true), [], name)
  }
})

test('rows of the preview are chosen by name, and a wrong one is refused', t => {
  t.deepEqual(parsePreviewOptions(['--only', 'large,small']).rows, ['small', 'large'])
  t.deepEqual(parsePreviewOptions([]).rows, PREVIEW_ROW_NAMES)
  t.throws(() => parsePreviewOptions(['--only', 'tiny']), { message: /"tiny".*small, large/ })
  t.throws(() => parsePreviewOptions(['--rounds', '0']), { message: /--rounds: "0"/ })
})
