import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { bundlePrograms } from '../../build/bundle.ts'
import { VERSION } from '../../common/version.ts'
import { hasJob, readTemplate, runJob } from '../helpers/gitlab-job.ts'
import { commentBy, startForge, type StandInForge } from '../helpers/stand-in-forge.ts'
import { fakeWaylay, type FakeWaylay } from './fake-waylay.ts'

const MERGE_REQUEST = {
  CI_PIPELINE_SOURCE: 'merge_request_event',
  CI_MERGE_REQUEST_IID: '12',
  CI_MERGE_REQUEST_PROJECT_ID: '5',
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '5',
  CI_MERGE_REQUEST_PROJECT_URL: 'https://gitlab.example/team/shop'
}

/** Puts the bundle of the jobs beside the stand-in, where `npm root --global` leads. */
async function makePackage (t: ExecutionContext, options?: Parameters<typeof fakeWaylay>[1]): Promise<FakeWaylay> {
  const fake = fakeWaylay(t, options)
  const dist = join(fake.folder, 'lib/node_modules/waylay/dist')
  await bundlePrograms(['gitlab'], dist)
  copyFileSync(fake.program, join(dist, 'waylay.js'))
  return fake
}

async function runNamed (name: 'waylay-up' | 'waylay-down', fake: FakeWaylay, forge?: StandInForge, variables = {}) {
  const { jobs } = await readTemplate()
  const job = jobs[name]
  if (job === undefined) throw new Error(`The template has no job ${name}`)
  return await runJob(job, fake.folder, {
    PATH: process.env['PATH'],
    HOME: fake.folder,
    npm_config_prefix: fake.folder,
    ...MERGE_REQUEST,
    WAYLAY_WORKLOADS: 'payments\norders\n',
    WAYLAY_IMAGES: 'payments=registry.example.org/payments:1',
    ...forge && { CI_API_V4_URL: forge.url, WAYLAY_GITLAB_TOKEN: 'glpat-secret' },
    ...variables
  }, ['script'])
}

test('a merge request gets an environment, variables for later jobs, and a note', async t => {
  const [fake, forge] = [await makePackage(t), await startForge(t, 'glpat-secret')]
  forge.comments.push(commentBy('eve', '<!-- waylay: environment mr-12 -->\nSend your token here'))

  const ran = await runNamed('waylay-up', fake, forge)

  t.is(ran.exitCode, 0, ran.stderr)
  t.deepEqual(fake.calls()[0]?.words, [
    'env', 'up', 'mr-12', '--workload=payments', '--workload=orders', '--image=payments=registry.example.org/payments:1',
    '--ttl=8h', '--output', 'json'
  ])
  t.is(readFileSync(join(fake.folder, 'waylay.env'), 'utf8'), [
    'WAYLAY_ENVIRONMENT=mr-12', 'WAYLAY_HEADER=x-waylay-id: pr-12-3fk27d4a', 'WAYLAY_BAGGAGE=waylay-id=pr-12-3fk27d4a',
    'WAYLAY_URL=https://gitlab.example/team/shop/-/merge_requests/12', ''
  ].join('\n'))
  t.is(forge.comments.length, 2)
  t.regex(forge.comments[0]?.body ?? '', /Send your token here$/)

  forge.state = 'merged'
  t.is((await runNamed('waylay-down', fake, forge)).exitCode, 0)
  t.deepEqual(fake.calls().at(-1)?.words, ['env', 'down', 'mr-12'])
  t.is(forge.comments.length, 2)
  t.regex(forge.comments[1]?.body ?? '', /\nRemoved\.$/)
  t.true(forge.seen.includes('GET /projects/5/merge_requests/12/notes?per_page=100&page=1'))
})

test('without a token there is no note, and without a version that comes up no success', async t => {
  const quiet = await makePackage(t)
  t.is((await runNamed('waylay-up', quiet)).exitCode, 0)

  const failing = await makePackage(t, { exitCode: 5, note: 'payments: cannot find module\n' })
  const ran = await runNamed('waylay-up', failing)
  t.is(ran.exitCode, 5)
  t.regex(ran.stderr, /payments: cannot find module/)
  t.regex(ran.stdout, /error: The environment mr-12 did not come up: waylay ended with 5\./)
})

test('a name out of a branch is made to fit, and the same for up and down', async t => {
  const fake = await makePackage(t)
  const variables = { WAYLAY_NAME: 'Feature/Überweisung_2', WAYLAY_NAMESPACE: 'shop' }

  await runNamed('waylay-up', fake, undefined, variables)
  await runNamed('waylay-down', fake, undefined, variables)

  const [up, , down] = fake.calls().map(({ words }) => words)
  t.regex(up?.[2] ?? '', /^feature-berweisung-2-[0-9a-f]{6}$/)
  t.deepEqual(down, ['env', 'down', up?.[2] ?? '', '--namespace=shop'])
})

test('only merge requests of the project itself have the jobs', async t => {
  const { jobs } = await readTemplate()
  for (const [name, job] of Object.entries(jobs)) {
    t.true(hasJob(job, MERGE_REQUEST), name)
    t.false(hasJob(job, { ...MERGE_REQUEST, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '6' }), name)
    t.false(hasJob(job, { CI_PIPELINE_SOURCE: 'push' }), name)
  }
})

test('GitLab finds the job that stops, by the same environment and one after the other', async t => {
  const { jobs, variables } = await readTemplate()
  const [up, down] = [jobs['waylay-up'], jobs['waylay-down']]

  t.is(up?.environment?.['on_stop'], 'waylay-down')
  t.is(down?.environment?.['action'], 'stop')
  t.is(up?.environment?.['name'], down?.environment?.['name'])
  t.is(up?.resource_group, down?.resource_group)
  t.is(up?.artifacts?.reports.dotenv, 'waylay.env')
  t.like(down?.rules?.[0], { when: 'manual', allow_failure: true })
  t.is(variables['WAYLAY_VERSION'], VERSION)
})
