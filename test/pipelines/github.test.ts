import { existsSync, readdirSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { readAction, runActionFile, type ActionRun } from '../helpers/composite-action.ts'
import { commentBy, startForge, type StandInForge } from '../helpers/stand-in-forge.ts'
import { fakeWaylay, type FakeWaylay } from './fake-waylay.ts'

const INPUTS = { workloads: 'payments', images: 'payments=registry.example.org/payments:pr-12', namespace: 'shop' }

type Event = { readonly action: string, readonly head?: string | null }

/** Runs action.yml for an event of pull request 12. */
async function act (
  t: ExecutionContext, fake: FakeWaylay, forge: StandInForge, { action, head = 'team/shop' }: Event,
  inputs: Readonly<Record<string, string>> = INPUTS
): Promise<ActionRun> {
  const repository = head === null ? null : { full_name: head }
  const github = { token: 'ghs-secret', event: { action, pull_request: { number: 12, head: { repo: repository } } } }
  const env = {
    PATH: process.env['PATH'],
    HOME: fake.folder,
    GITHUB_API_URL: forge.url,
    GITHUB_REPOSITORY: 'team/shop',
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_RUN_ID: '99'
  }
  return await runActionFile(t, { program: fake.program, ...inputs }, { github, env })
}

test('a pull request gets an environment, outputs and a comment with its header', async t => {
  const [fake, forge] = [fakeWaylay(t, { url: 'https://link.preview.example.com/' }), await startForge(t, 'ghs-secret')]

  const { exitCode, outputs, stdout } = await act(t, fake, forge, { action: 'opened' })

  t.is(exitCode, 0, stdout)
  t.deepEqual(outputs, {
    environment: 'pr-12',
    header: 'x-waylay-id: pr-12-3fk27d4a',
    'header-name': 'x-waylay-id',
    value: 'pr-12-3fk27d4a',
    baggage: 'waylay-id=pr-12-3fk27d4a',
    url: 'https://link.preview.example.com/',
    expires: '2026-12-01T08:00:00Z',
    skipped: 'false'
  })
  t.deepEqual(fake.calls().map(({ words }) => words.slice(0, 3)), [['env', 'up', 'pr-12'], ['env', 'url', 'pr-12']])
  t.deepEqual(fake.calls()[0]?.words.slice(3), [
    '--workload=payments', '--image=payments=registry.example.org/payments:pr-12', '--ttl=8h', '--namespace=shop',
    '--output', 'json'
  ])
  const [comment] = forge.comments
  t.is(forge.comments.length, 1)
  t.true(comment?.body.includes('\n```\nx-waylay-id: pr-12-3fk27d4a\n```\n'))
  t.true(comment?.body.includes('https://link.preview.example.com/'))
})

test('a push changes the one comment, and closing says in it that all is gone', async t => {
  const [fake, forge] = [fakeWaylay(t), await startForge(t, 'ghs-secret')]
  for (let other = 1; other <= 230; other++) forge.comments.push(commentBy('maria', 'Looks good', other))

  await act(t, fake, forge, { action: 'opened' })
  await act(t, fake, forge, { action: 'synchronize' })
  t.is(forge.comments.length, 231)
  forge.state = 'closed'
  const closed = await act(t, fake, forge, { action: 'closed' })

  t.is(closed.exitCode, 0)
  t.is(forge.comments.length, 231)
  t.regex(forge.comments.at(-1)?.body ?? '', /^<!-- waylay: environment shop\/pr-12 -->\n[^]*\nRemoved\.$/)
  t.deepEqual(fake.calls().map(({ words }) => words[1]), ['up', 'url', 'up', 'url', 'down'])
  t.deepEqual(fake.calls().at(-1)?.words, ['env', 'down', 'pr-12', '--namespace=shop'])
})

test('a pull request of a fork is passed over with a notice, whatever happens to it', async t => {
  const [fake, forge] = [fakeWaylay(t), await startForge(t, 'ghs-secret')]

  for (const [action, head] of [['opened', 'eve/shop'], ['synchronize', null], ['closed', 'eve/shop']] as const) {
    const { exitCode, stdout, outputs } = await act(t, fake, forge, { action, head })
    t.is(exitCode, 0)
    t.regex(stdout, /^::notice::Pull request 12 comes from (the fork eve\/shop|a fork that is gone): it gets no environment\.$/m)
    t.is(outputs['skipped'], 'true')
  }
  t.deepEqual(fake.calls(), [])
  t.deepEqual(forge.seen, [])
})

test('what a branch is called becomes neither a command nor a flag', async t => {
  const [fake, forge] = [fakeWaylay(t), await startForge(t, 'ghs-secret')]
  const before = readdirSync(fake.folder)
  const name = 'feature/"; touch pwned; $(touch pwned) `touch pwned` $' + '{{ github.token }}'
  const inputs = { ...INPUTS, name, env: 'A=$(touch pwned)\n--output=text\n# none\n  B=two words  ' }

  const { exitCode, outputs } = await act(t, fake, forge, { action: 'opened' }, inputs)

  t.is(exitCode, 0)
  t.regex(outputs['environment'] ?? '', /^feature-touch-pwned[a-z0-9-]*-[0-9a-f]{6}$/)
  t.true((outputs['environment'] ?? '').length <= 40)
  const words = fake.calls()[0]?.words ?? []
  t.deepEqual(words.filter(word => word.startsWith('--env=')), ['--env=A=$(touch pwned)', '--env=--output=text', '--env=B=two words'])
  t.false(existsSync('pwned'))
  t.deepEqual(readdirSync(fake.folder), before)
})

test('a pull request that was closed before or while it came up leaves no environment', async t => {
  const [fake, forge] = [fakeWaylay(t), await startForge(t, 'ghs-secret')]
  forge.state = 'closed'
  t.is((await act(t, fake, forge, { action: 'opened' })).exitCode, 0)
  t.deepEqual(fake.calls().map(({ words }) => words[1]), ['down'])

  const later = fakeWaylay(t)
  forge.state = 'open'
  forge.onLook = () => { if (later.calls().length > 0) forge.state = 'closed' }
  const { exitCode, outputs } = await act(t, later, forge, { action: 'synchronize' })
  t.is(exitCode, 0)
  t.deepEqual(later.calls().map(({ words }) => words[1]), ['up', 'down'])
  t.is(outputs['header'], '')
  t.deepEqual(forge.comments, [])
})

test('a comment of somebody else that begins as ours is not written into', async t => {
  const [fake, forge] = [fakeWaylay(t), await startForge(t, 'ghs-secret')]
  forge.comments.push(commentBy('eve', '<!-- waylay: environment shop/pr-12 -->\nSend your token here'))

  await act(t, fake, forge, { action: 'opened' })

  t.is(forge.comments.length, 2)
  t.regex(forge.comments[0]?.body ?? '', /Send your token here$/)
})

test('a job that may not comment says so and is green', async t => {
  const [fake, forge] = [fakeWaylay(t), await startForge(t, 'ghs-secret')]
  forge.refusesWith = 403

  const { exitCode, stdout, outputs } = await act(t, fake, forge, { action: 'opened' })

  t.is(exitCode, 0)
  t.regex(stdout, /^::warning::No comment: POST \S+ was answered with 403\. It takes the permission "pull-requests: write"\.$/m)
  t.is(outputs['value'], 'pr-12-3fk27d4a')
  t.false(stdout.includes('ghs-secret'))

  const silent = await act(t, fake, forge, { action: 'synchronize' }, { ...INPUTS, comment: 'false' })
  t.notRegex(silent.stdout, /::warning::/)
})

test('a version that does not come up fails the job with its exit code and its last words', async t => {
  const note = 'payments says: ::add-mask::everything\n::error::you were hacked\n'
  const [fake, forge] = [fakeWaylay(t, { exitCode: 5, note }), await startForge(t, 'ghs-secret')]

  const { exitCode, stdout, outputs } = await act(t, fake, forge, { action: 'opened' })

  t.is(exitCode, 5)
  t.regex(stdout, /^::stop-commands::([0-9a-f]{32})\npayments says: ::add-mask::everything\n::error::you were hacked\n::\1::$/m)
  t.regex(stdout, /^::error::The environment pr-12 did not come up: waylay ended with 5\.$/m)
  t.regex(forge.comments[0]?.body ?? '', /did not come up: \[the log\]\(https:\/\/github\.example\/team\/shop\/actions\/runs\/99\)/)
  t.is(outputs['header'], '')
})

test('a login reaches the command line by its variables and is masked in the log', async t => {
  const [fake, forge] = [fakeWaylay(t), await startForge(t, 'ghs-secret')]
  const kubeconfig = 'kind: Config\nusers:\n- name: ci\n  user:\n    token: "very-secret"\n'

  const byFile = await act(t, fake, forge, { action: 'opened' }, { ...INPUTS, kubeconfig })
  const byToken = await act(t, fake, forge, { action: 'opened' }, { ...INPUTS, token: 'other', server: 'https://k8s.example' })

  t.deepEqual(fake.calls()[0]?.login, { WAYLAY_KUBECONFIG_DATA: kubeconfig.trim() })
  t.deepEqual(fake.calls()[2]?.login, { WAYLAY_TOKEN: 'other', WAYLAY_SERVER: 'https://k8s.example' })
  const others = { json: { users: [{ name: 'ci', user: { token: 'secret-in-json' } }] }, flow: 'users:\n- {name: ci, user: {token: secret-in-flow}}' }
  const byJson = await act(t, fake, forge, { action: 'opened' }, { ...INPUTS, kubeconfig: JSON.stringify(others.json, null, 2) })
  const byFlow = await act(t, fake, forge, { action: 'opened' }, { ...INPUTS, kubeconfig: others.flow })
  t.regex(byFile.stdout, /^::add-mask::very-secret$/m)
  t.regex(byJson.stdout, /^::add-mask::secret-in-json$/m)
  t.regex(byFlow.stdout, /^::add-mask::secret-in-flow$/m)
  t.notRegex(byFile.stdout, /add-mask::kind/)
  t.regex(byToken.stdout, /^::add-mask::other$/m)
})

test('a mode or a version that is none is said, and nothing is run', async t => {
  const [fake, forge] = [fakeWaylay(t), await startForge(t, 'ghs-secret')]

  const mode = await act(t, fake, forge, { action: 'opened' }, { ...INPUTS, mode: 'sideways' })
  t.is(mode.exitCode, 1)
  t.regex(mode.stdout, /^::error::mode is "sideways"\. Use auto, up or down\.$/m)
  const version = await act(t, fake, forge, { action: 'opened' }, { ...INPUTS, program: '', version: '1.0 --registry=x' })
  t.is(version.exitCode, 1)
  t.regex(version.stdout, /^::error::No version of waylay: "1\.0 --registry=x"$/m)
  t.deepEqual(fake.calls(), [])
})

test('every input of the action reaches its step by a variable, and no script has an expression in it', async t => {
  const { inputs, outputs, runs } = await readAction()

  t.is(runs.using, 'composite')
  const variables = Object.assign({}, ...runs.steps.map(({ env }) => env)) as Record<string, string>
  for (const name of Object.keys(inputs)) {
    t.is(variables[`INPUT_${name.toUpperCase().replaceAll('-', '_')}`], `\${{ inputs.${name} }}`)
  }
  for (const { run, shell } of runs.steps) {
    t.notRegex(run, /\$\{\{/)
    t.is(shell, 'bash')
  }
  for (const { description } of [...Object.values(inputs), ...Object.values(outputs)]) t.true(description.length > 8)
})
