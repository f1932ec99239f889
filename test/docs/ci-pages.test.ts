import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { VERSION } from '../../common/version.ts'
import { readAction } from '../helpers/composite-action.ts'
import { hasJob, readTemplate, type GitlabJob } from '../helpers/gitlab-job.ts'
import { blocksOf, pageAt, proseOf, ROOT, tableOf } from './pages.ts'

type Step = {
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}
type Workflow = {
  readonly on: { readonly pull_request: { readonly types: readonly string[] } }
  readonly permissions: Readonly<Record<string, string>>
  readonly concurrency: { readonly group: string, readonly 'cancel-in-progress': boolean }
  readonly jobs: { readonly environment: { readonly if: string, readonly steps: readonly Step[] } }
}

const GITHUB = pageAt('docs/ci-github.md')
const GITLAB = pageAt('docs/ci-gitlab.md')

function exampleOf (page: typeof GITHUB): string {
  return blocksOf(page).find(({ language }) => language === 'yaml')?.text ?? ''
}

test('the workflow of the page hands the action inputs that it has, and reads outputs that it has', async t => {
  const { inputs, outputs } = await readAction()
  const text = exampleOf(GITHUB)
  const { jobs } = parse(text) as Workflow
  const step = jobs.environment.steps.find(({ id }) => id === 'waylay')

  t.is(step?.uses, `your-organization/waylay@v${VERSION}`)
  t.deepEqual(Object.keys(step?.with ?? {}).filter(name => inputs[name] === undefined), [])
  const read = [...text.matchAll(/steps\.waylay\.outputs\.([\w-]+)/g)].map(([, name = '']) => name)
  t.true(read.length > 0)
  t.deepEqual(read.filter(name => outputs[name] === undefined), [])
})

test('the workflow of the page may comment, hears of closing, and puts no expression into a script', t => {
  const { on, permissions, concurrency, jobs } = parse(exampleOf(GITHUB)) as Workflow

  t.is(permissions['pull-requests'], 'write')
  t.deepEqual([...on.pull_request.types].sort(), ['closed', 'opened', 'reopened', 'synchronize'])
  t.true(concurrency.group.includes('github.event.pull_request.number'))
  t.false(concurrency['cancel-in-progress'])
  t.is(jobs.environment.if, 'github.event.pull_request.head.repo.full_name == github.repository')
  for (const { run = '', uses } of jobs.environment.steps) {
    t.notRegex(run, /\$\{\{/)
    if (uses !== undefined) t.regex(uses, /@([0-9a-f]{40}|v\d+\.\d+\.\d+)$/)
  }
})

test('the page of GitHub names every input and output of the action, and no other', async t => {
  const { inputs, outputs } = await readAction()
  const named = (header: readonly [string, string]): readonly string[] =>
    tableOf(GITHUB, header).flatMap(([names = '']) => names.split(', ').map(name => name.replaceAll('`', '')))

  t.deepEqual([...named(['Input', 'Means'])].sort(), Object.keys(inputs).sort())
  t.deepEqual([...named(['Output', 'Means'])].sort(), Object.keys(outputs).sort())
})

test('the file of the page of GitLab includes the template and needs jobs and variables that it has', async t => {
  const template = await readTemplate()
  const { include: [include], stages, variables, e2e } = parse(exampleOf(GITLAB)) as {
    readonly include: readonly { readonly ref: string, readonly file: string }[]
    readonly stages: readonly string[]
    readonly variables: Readonly<Record<string, string>>
    readonly e2e: GitlabJob & { readonly needs: readonly string[] }
  }

  t.is(include?.ref, `v${VERSION}`)
  t.true(existsSync(join(ROOT, include?.file ?? '?')))
  for (const { stage = '' } of Object.values(template.jobs)) t.true(stages.includes(stage))
  for (const need of e2e.needs) t.truthy(template.jobs[need])
  t.deepEqual(e2e.rules, template.jobs['waylay-up']?.rules)
  t.false(hasJob(e2e, { CI_PIPELINE_SOURCE: 'push' }))
  const head = readFileSync(join(ROOT, 'pipelines/gitlab.yml'), 'utf8').split('\nvariables:')[0] ?? ''
  const known = [...`${head}\nWAYLAY_VERSION`.matchAll(/WAYLAY_[A-Z_]+/g)].map(([name]) => name)
  t.deepEqual(Object.keys(variables).filter(name => !known.includes(name)), [])
  const rows = [['Variable', 'Holds'], ['Variable', 'Means']].flatMap(header => tableOf(GITLAB, header))
  const named = rows.flatMap(row => [...row.join(' ').matchAll(/`(WAYLAY_[A-Z_]+)`/g)].map(([, name = '']) => name))
  t.deepEqual([...new Set(named)].sort(), [...new Set(known)].sort())
})

test('what later jobs of GitLab have is what the jobs write', t => {
  const text = readFileSync(join(ROOT, 'pipelines/gitlab/job.ts'), 'utf8')
  const written = [...text.matchAll(/: '(WAYLAY_[A-Z]+)'/g)].map(([, name = '']) => name)
  const line = /^Later jobs have [^]*?`\. /m.exec(proseOf(GITLAB))?.[0] ?? ''

  t.is(written.length, 4)
  t.deepEqual([...line.matchAll(/`(WAYLAY_[A-Z]+)`/g)].map(([, name = '']) => name).sort(), written.sort())
})
