import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { bundlePrograms } from '../../build/bundle.ts'
import { runActionFile } from '../helpers/composite-action.ts'
import { freePort } from '../helpers/free-port.ts'
import { readTemplate, runJob } from '../helpers/gitlab-job.ts'

// The cluster is not there: what is seen is that the real command line takes the words and the login, and how it ends.

async function makeFolder (t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-pipeline-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  return folder
}

test('the action ends as the real command line does where no cluster answers', async t => {
  const folder = await makeFolder(t)
  const [bundle] = await bundlePrograms(['waylay'], folder)
  const server = `http://127.0.0.1:${await freePort()}`
  const inputs = {
    program: bundle?.file ?? '',
    token: 'a-token-of-ci',
    server,
    namespace: 'shop',
    workloads: 'payments',
    images: 'payments=registry.example.org/payments:1',
    env: 'A=1',
    ports: '8080',
    ttl: '30m',
    header: 'x-waylay-id',
    'ready-path': '/ready',
    timeout: '1m',
    comment: 'false',
    'github-token': ''
  }
  const env = { PATH: process.env['PATH'], HOME: folder, GITHUB_REPOSITORY: 'team/shop' }
  for (const [action, what] of [['opened', 'did not come up'], ['closed', 'was not removed']] as const) {
    const event = { action, pull_request: { number: 12, head: { repo: { full_name: 'team/shop' } } } }
    const { exitCode, stdout } = await runActionFile(t, inputs, { github: { event }, env })

    t.is(exitCode, 4, stdout)
    t.true(stdout.includes(`::error::The environment pr-12 ${what}: waylay ended with 4.`), stdout)
    t.true(stdout.includes('WAYLAY_NO_CLUSTER'), stdout)
  }
})

test('the jobs of GitLab end as the real command line does where no cluster answers', async t => {
  const folder = await makeFolder(t)
  await bundlePrograms(['waylay', 'gitlab'], join(folder, 'lib/node_modules/waylay/dist'))
  const { jobs } = await readTemplate()
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    npm_config_prefix: folder,
    CI_MERGE_REQUEST_IID: '12',
    WAYLAY_SERVER: `http://127.0.0.1:${await freePort()}`,
    WAYLAY_TOKEN: 'a-token-of-ci',
    WAYLAY_NAMESPACE: 'shop',
    WAYLAY_WORKLOADS: 'payments',
    WAYLAY_IMAGES: 'payments=registry.example.org/payments:1'
  }
  for (const name of ['waylay-up', 'waylay-down']) {
    const { exitCode, stdout, stderr } = await runJob(jobs[name] ?? {}, folder, env, ['script'])

    t.is(exitCode, 4, stdout + stderr)
    t.true(stderr.includes('WAYLAY_NO_CLUSTER'), stderr)
    t.regex(stdout, /^error: The environment mr-12 /m)
  }
})
