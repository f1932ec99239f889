import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '..', '..')

type Step = { readonly uses?: string, readonly run?: string }
type Matrix = Readonly<Record<string, readonly unknown[]>>
type Job = { readonly strategy?: { readonly matrix: Matrix }, readonly steps: readonly Step[] }

const workflow = readFileSync(join(ROOT, '.github/workflows/test.yml'), 'utf8')
const { jobs } = parse(workflow) as { readonly jobs: Readonly<Record<string, Job>> }
const { scripts, engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>, readonly engines: { readonly node: string }
}
const steps = Object.values(jobs).flatMap(job => job.steps)

test('every npm script that the workflow runs is in the package', t => {
  const named = steps.flatMap(({ run = '' }) => [...run.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script = '']) => script))

  t.true(named.length >= 3)
  t.deepEqual(named.filter(script => scripts[script] === undefined), [])
})

test('every file that the workflow hands to Node is there', t => {
  const named = steps.flatMap(({ run = '' }) => /^node (\S+)/.exec(run)?.[1] ?? []).filter(file => !file.startsWith('dist/'))

  t.true(named.length > 0)
  t.deepEqual(named.filter(file => !existsSync(join(ROOT, file))), [])
})

test('what runs on every system needs no bash and no path of Linux', t => {
  for (const { run = '' } of jobs['cli']?.steps ?? []) {
    const script = scripts[/^npm run ([\w:-]+)$/.exec(run)?.[1] ?? ''] ?? run
    t.notRegex(script, /\bbash\b|&&|\$|(^| )\//, script)
  }
})

test('the command line is tested on three systems, with the oldest Node that it names', t => {
  const { matrix } = jobs['cli']?.strategy ?? { matrix: {} }

  t.deepEqual(matrix['os'], ['ubuntu-latest', 'macos-15-intel', 'windows-latest'])
  t.deepEqual(matrix['node'], [22, 24])
  t.regex(engines.node, /^>=22\./)
})

test('every file and folder of the portable tests is there', t => {
  const config = readFileSync(join(ROOT, 'ava.cli.config.js'), 'utf8')
  const named = [...config.matchAll(/'!?(test\/[^'*]*?)(?:\/\*\*[^']*)?'/g)].map(([, path = '']) => path)

  t.true(named.length > 4)
  t.deepEqual(named.filter(path => !existsSync(join(ROOT, path))), [])
})
