import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { bundlePrograms, ROOT } from '../../build/bundle.ts'
import { VERSION } from '../../common/version.ts'
import { run } from '../cluster/run.ts'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { runActionFile, type ActionRun } from '../helpers/composite-action.ts'
import { allGone, whatIsLeft } from '../helpers/environments.ts'
import { hasJob, readTemplate, runJob, type GitlabJob } from '../helpers/gitlab-job.ts'
import type { Ran } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startForge, type StandInForge } from '../helpers/stand-in-forge.ts'
import { waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf } from '../helpers/workload.ts'

type Fields = Readonly<Record<string, string>>

/** An app whose callers are elsewhere, and what its CI account logs in with. */
type Shop = {
  readonly namespace: string
  readonly kubeconfig: string
  readonly url: string
  readonly caller: CallerPod
}

async function openShop (t: ExecutionContext): Promise<Shop> {
  const namespace = await makeNamespace(t)
  const [[pod], caller] = await Promise.all([
    deployApp(namespace, { env: [{ name: 'NAME', value: 'original' }] }), startCaller(t, namespace)
  ])
  if (pod === undefined) throw new Error('The app has no pod')
  const granted = await waylay(['grant', 'ci', '--environments', '-n', namespace])
  t.is(granted.exitCode, 0, granted.stderr)
  return { namespace, kubeconfig: granted.stdout, url: urlOf(pod), caller }
}

async function answeredBy ({ caller, url }: Shop, header = ''): Promise<string | undefined> {
  const [name = '', value = ''] = header.split(': ')
  return (await caller.request(url, header === '' ? {} : { [name]: value })).json.answeredBy
}

async function makeFolder (t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-job-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  return folder
}

/** Runs action.yml for an event of pull request 7, with nothing on the machine that it could log in with. */
async function onGithub (
  t: ExecutionContext, { namespace, kubeconfig }: Shop, forge: StandInForge, action: string, version: string, head = 'team/shop'
): Promise<ActionRun> {
  const pull = { number: 7, head: { repo: { full_name: head } } }
  const inputs = { program: join(ROOT, 'dist/waylay.js'), namespace, kubeconfig, workloads: 'app', env: `NAME=${version}`, ttl: '30m' }
  const startedMs = performance.now()
  const ran = await runActionFile(t, inputs, {
    github: { token: 'ghs-secret', event: { action, pull_request: pull } },
    env: {
      PATH: process.env['PATH'], HOME: await makeFolder(t), GITHUB_API_URL: forge.url, GITHUB_REPOSITORY: 'team/shop'
    }
  })
  t.log(`${action}: ${Math.round(performance.now() - startedMs)} ms`)
  return ran
}

test('the GitHub action gives a pull request an environment, follows its pushes and removes it', async t => {
  t.timeout(4 * 60_000)
  const [shop, forge] = [await openShop(t), await startForge(t, 'ghs-secret')]

  const fork = await onGithub(t, shop, forge, 'opened', 'of a fork', 'eve/shop')
  t.is(fork.exitCode, 0)
  t.is(fork.outputs['skipped'], 'true')
  t.deepEqual(await whatIsLeft(shop.namespace, 'pr-7'), [])

  const opened = await onGithub(t, shop, forge, 'opened', 'version 1')
  t.is(opened.exitCode, 0, opened.stdout + opened.stderr)
  const header = opened.outputs['header'] ?? ''
  t.regex(header, /^x-waylay-id: pr-7-\S{8}$/)
  t.is(await answeredBy(shop, header), 'version 1')
  t.is(await answeredBy(shop), 'original')
  t.true(forge.comments[0]?.body.includes(`\n${header}\n`))

  const pushed = await onGithub(t, shop, forge, 'synchronize', 'version 2')
  t.is(pushed.exitCode, 0, pushed.stdout + pushed.stderr)
  t.is(pushed.outputs['header'], header)
  t.is(await answeredBy(shop, header), 'version 2')
  t.is(forge.comments.length, 1)

  forge.state = 'closed'
  const closed = await onGithub(t, shop, forge, 'closed', '')
  t.is(closed.exitCode, 0, closed.stdout + closed.stderr)
  await allGone(shop.namespace, 'pr-7')
  t.is(await answeredBy(shop, header), 'original')
  t.regex(forge.comments[0]?.body ?? '', /Removed\.$/)

  const again = await onGithub(t, shop, forge, 'synchronize', 'version 3')
  t.is(again.exitCode, 0, again.stdout + again.stderr)
  t.deepEqual(await whatIsLeft(shop.namespace, 'pr-7'), [])
})

/**
 * A job's script, with the npm package of this checkout in place of the registry's.
 *
 * @param installs false: the package is there from the job before, as each fetches the same.
 */
async function onGitlab (
  t: ExecutionContext, job: GitlabJob | undefined, folder: string, variables: Fields, installs = false
): Promise<Ran> {
  const startedMs = performance.now()
  const ran = await runJob(job ?? {}, folder, {
    PATH: process.env['PATH'],
    // The machine's own: npm's cache and where its registry is.
    HOME: process.env['HOME'],
    npm_config_prefix: join(folder, 'prefix'),
    npm_config_prefer_offline: 'true',
    ...variables
  }, installs ? ['before_script', 'script'] : ['script'])
  t.log(`${job?.environment?.['action'] ?? 'start'}: ${Math.round(performance.now() - startedMs)} ms`)
  return ran
}

test('the jobs of the GitLab template install the npm package, bring an environment up and down', async t => {
  t.timeout(5 * 60_000)
  const [shop, forge, folder] = [await openShop(t), await startForge(t, 'glpat-secret'), await makeFolder(t)]
  await bundlePrograms(['gitlab'])
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: ROOT, env: process.env })
  const { jobs, variables } = await readTemplate()
  const given = {
    ...variables,
    WAYLAY_VERSION: `file:${join(folder, `waylay-${VERSION}.tgz`)}`,
    WAYLAY_KUBECONFIG_DATA: Buffer.from(shop.kubeconfig).toString('base64'),
    WAYLAY_NAMESPACE: shop.namespace,
    WAYLAY_WORKLOADS: 'app',
    WAYLAY_ENV: 'NAME=version 1',
    WAYLAY_GITLAB_TOKEN: 'glpat-secret',
    CI_API_V4_URL: forge.url,
    CI_PIPELINE_SOURCE: 'merge_request_event',
    CI_MERGE_REQUEST_IID: '7',
    CI_MERGE_REQUEST_PROJECT_ID: '5',
    CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '5'
  }
  const [up, down] = [jobs['waylay-up'], jobs['waylay-down']]
  t.true(up !== undefined && hasJob(up, given))

  const started = await onGitlab(t, up, folder, given, true)
  t.is(started.exitCode, 0, started.stderr)
  const [, header] = /^WAYLAY_HEADER=(.*)$/m.exec(await readFile(join(folder, 'waylay.env'), 'utf8')) ?? []
  t.is(await answeredBy(shop, header), 'version 1')
  t.is(await answeredBy(shop), 'original')
  t.true(forge.comments[0]?.body.includes(`\n${header}\n`))

  const pushed = await onGitlab(t, up, folder, { ...given, WAYLAY_ENV: 'NAME=version 2' })
  t.is(pushed.exitCode, 0, pushed.stderr)
  t.is(await answeredBy(shop, header), 'version 2')

  for (const time of ['first', 'second']) {
    const stopped = await onGitlab(t, down, folder, given)
    t.is(stopped.exitCode, 0, `${time}: ${stopped.stderr}`)
  }
  await allGone(shop.namespace, 'mr-7')
  t.is(await answeredBy(shop, header), 'original')
  t.is(forge.comments.length, 1)
})
