import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import test from 'ava'
import { parse, stringify } from 'yaml'
import { goldenCases, planOf } from './golden.ts'

/** Writes the plans anew instead of comparing them. Whoever does it reads the difference: it is what is applied. */
const isUpdate = process.env['WAYLAY_UPDATE_GOLDEN'] === '1'
const cases = goldenCases()

test('no environment is without its plan', t => {
  if (!isUpdate) t.deepEqual(cases.filter(({ planPath }) => !existsSync(planPath)).map(({ name }) => name), [])
  t.false(isUpdate && process.env['CI'] === 'true', 'a build machine never writes the plans anew')
})

for (const golden of cases) {
  test(`the environment planned for ${golden.name} is the one on file`, async t => {
    const plan = await planOf(t, golden)
    if (isUpdate) writeFileSync(golden.planPath, stringify(plan, { lineWidth: 0, aliasDuplicateObjects: false }))
    // As YAML says it: nothing undefined.
    t.deepEqual(JSON.parse(JSON.stringify(plan)), parse(readFileSync(golden.planPath, 'utf8')))
  })
}
