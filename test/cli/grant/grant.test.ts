import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { startApiStub, type ApiStub } from '../helpers/api-stub.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd } from '../helpers/run-cli.ts'

type Answers = Record<string, { status: number, body: object }>

const ACCOUNTS = '/api/v1/namespaces/shop/serviceaccounts'
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings'
const NAME = 'waylay-grant-maria'
const LABELS = { 'app.kubernetes.io/name': 'waylay', 'app.kubernetes.io/component': 'grant' }
const HOUR_MS = 3_600_000
const ROLES_PATH = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
const ROLES = ['waylay-developer', 'waylay-ci', 'waylay-environments']

function account (endsInMs = 8 * HOUR_MS, labels: object = LABELS, name = NAME) {
  const annotations = { 'waylay.dev/grant-ends': new Date(Date.now() + endsInMs).toISOString() }
  return { metadata: { name, namespace: 'shop', uid: `uid-${name}`, creationTimestamp: '2026-01-02T03:04:05Z', labels, annotations } }
}

function binding (role: string, labels: object = LABELS) {
  return { metadata: { name: NAME, namespace: 'shop', uid: 'rb', labels }, roleRef: { name: role } }
}

const items = (...list: object[]) => ({ status: 200, body: { metadata: {}, items: list } })
const token = (endsInMs: number) => ({
  status: 201, body: { status: { token: 'the-token', expirationTimestamp: new Date(Date.now() + endsInMs).toISOString() } }
})

/** An API server that lets everything be made, where nothing is yet. */
function emptyCluster (more: Answers = {}): Answers {
  return {
    ...Object.fromEntries(ROLES.map(role => [`GET ${ROLES_PATH}/${role}`, { status: 200, body: {} }])),
    [`GET ${ACCOUNTS}`]: items(),
    [`GET ${BINDINGS}`]: items(),
    [`POST ${ACCOUNTS}`]: { status: 201, body: account() },
    [`POST ${BINDINGS}`]: { status: 201, body: {} },
    [`POST ${ACCOUNTS}/${NAME}/token`]: token(8 * HOUR_MS),
    [`PATCH ${ACCOUNTS}/${NAME}`]: { status: 200, body: {} },
    [`DELETE ${ACCOUNTS}/${NAME}`]: { status: 200, body: {} },
    [`DELETE ${BINDINGS}/${NAME}`]: { status: 200, body: {} },
    ...more
  }
}

/** A cluster where the grant is there. */
function withGrant (role: string, endsInMs: number, more: Answers = {}): Answers {
  return emptyCluster({
    [`GET ${ACCOUNTS}`]: items(account(endsInMs)),
    [`GET ${BINDINGS}`]: items(binding(role)),
    [`GET ${ACCOUNTS}/${NAME}`]: { status: 200, body: account(endsInMs) },
    [`GET ${BINDINGS}/${NAME}`]: { status: 200, body: binding(role) },
    ...more
  })
}

async function run (t: ExecutionContext, answers: Answers, ...args: string[]) {
  const api = await startApiStub(t, answers)
  const kubeconfig = await writeKubeconfig(t, api.url)
  return { api, ...await runToEnd(t, ['--kubeconfig', kubeconfig, 'grant', ...args]) }
}

function changes ({ requests }: ApiStub): readonly string[] {
  return requests.filter(line => !line.startsWith('GET')).map(line => line.replace('/apis/rbac.authorization.k8s.io/v1', '')
    .replace('/api/v1', '').replace('/namespaces/shop', ''))
}

test('a grant is a kubeconfig with a token and one role', async t => {
  const { api, exitCode, stdout, stderr } = await run(t, emptyCluster(), 'maria')

  t.is(exitCode, 0, stderr)
  t.like(parse(stdout), {
    'current-context': `${NAME}@shop`,
    clusters: [{ cluster: { server: api.url, 'insecure-skip-tls-verify': true } }],
    users: [{ user: { token: 'the-token' } }],
    contexts: [{ context: { namespace: 'shop' } }]
  })
  t.notRegex(stdout, /secret-token/, 'nothing of the administrator\'s')
  t.regex(stderr, /^Granted: "maria" has waylay-developer in namespace shop until \d/)
  const made = api.bodies.filter(body => body !== '').map(body => JSON.parse(body) as Record<string, unknown>)
  t.like(made.find(({ kind }) => kind === 'ServiceAccount'), { metadata: { name: NAME, labels: LABELS }, automountServiceAccountToken: false })
  t.like(made.find(({ kind }) => kind === 'RoleBinding'), {
    metadata: { name: NAME, labels: LABELS, ownerReferences: [{ kind: 'ServiceAccount', uid: `uid-${NAME}` }] },
    roleRef: { kind: 'ClusterRole', name: 'waylay-developer' },
    subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: 'shop' }]
  })
  t.like(made.find(({ kind }) => kind === 'TokenRequest'), { spec: { expirationSeconds: 28_800 } })
})

for (const [role, ...flags] of [['waylay-ci', '--ci'], ['waylay-environments', '--ci', '--environments']]) {
  test(`${flags.join(' ')} gives the role for it, and JSON fits its schema`, async t => {
    const { api, stdout } = await run(t, emptyCluster(), 'maria', ...flags, '--ttl', '1h', '--output', 'json')
    t.like(fitsSchema(t, stdout, 'grant'), { role, serviceAccount: NAME, renewed: false, file: null })
    for (const part of [`"name":"${role}"`, '"expirationSeconds":3600']) t.true(api.bodies.join('').includes(part), part)
  })
}

test('--out writes for its owner alone, over nothing but an earlier grant', async t => {
  const dir = await mkdtemp(path.join(tmpdir(), 'waylay-grant-'))
  t.teardown(async () => { await rm(dir, { recursive: true }) })
  const [file, other] = [path.join(dir, 'maria'), path.join(dir, 'config')]
  await writeFile(other, 'apiVersion: v1\ncurrent-context: admin\n')

  const first = await run(t, emptyCluster(), 'maria', '--out', file)
  const again = await run(t, emptyCluster(), 'maria', '--out', file)
  const over = await run(t, emptyCluster(), 'maria', '--out', other)
  const into = await run(t, emptyCluster(), 'maria', '--out', path.join(dir, 'not', 'there'))

  t.deepEqual([first.exitCode, again.exitCode, over.exitCode, into.exitCode], [0, 0, 2, 2])
  t.is(first.stdout, '')
  t.is((await stat(file)).mode & 0o777, 0o600)
  t.like(parse(await readFile(file, 'utf8')), { users: [{ user: { token: 'the-token' } }] })
  t.regex(over.stderr, /it is there, and no kubeconfig of a grant/)
  t.deepEqual(over.api.requests, [])
  t.deepEqual(changes(into.api).slice(-2), [`DELETE /serviceaccounts/${NAME}`, `DELETE /rolebindings/${NAME}`], 'taken back')
})

test('the same name again is renewed and keeps the later end', async t => {
  const { api, exitCode, stderr } = await run(t, withGrant('waylay-developer', 20 * HOUR_MS), 'maria')

  t.is(exitCode, 0, stderr)
  t.regex(stderr, /^Renewed: /)
  t.deepEqual(changes(api), [`POST /serviceaccounts/${NAME}/token`])
})

test('a grant under another role is not changed', async t => {
  const { api, exitCode, stderr } = await run(t, withGrant('waylay-ci', HOUR_MS), 'maria')

  t.is(exitCode, 6)
  t.regex(stderr, /^"maria" has waylay-ci in namespace "shop", not waylay-developer\n.*waylay grant revoke maria -n shop\n.*WAYLAY_GRANT_TAKEN/)
  t.deepEqual(changes(api), [])
})

for (const [kind, plural, body] of [
  ['ServiceAccount', ACCOUNTS, account(HOUR_MS, { app: 'shop' })],
  ['RoleBinding', BINDINGS, binding('admin', {})]
] as const) {
  test(`a ${kind} of that name that is not ours is left alone`, async t => {
    const answers = emptyCluster({ [`GET ${plural}/${NAME}`]: { status: 200, body } })
    const { api, exitCode, stderr } = await run(t, answers, 'maria')
    const revoked = await run(t, answers, 'revoke', 'maria')

    t.deepEqual([exitCode, revoked.exitCode], [6, 6])
    t.regex(stderr, new RegExp(`^${kind} "${NAME}" in namespace "shop" was not made by waylay grant`))
    t.deepEqual([...changes(api), ...changes(revoked.api)], [])
  })
}

test('a server that gives another life says so and is believed', async t => {
  const { api, stderr } = await run(t, emptyCluster({ [`POST ${ACCOUNTS}/${NAME}/token`]: token(HOUR_MS) }), 'maria')

  t.regex(stderr, /\nThe API server made it (1h|59m\d+s), where 8h was asked for\.\n/)
  t.true(changes(api).includes(`PATCH /serviceaccounts/${NAME}`))
})

const FORBIDDEN = { status: 403, body: { message: 'user "x" is attempting to grant RBAC permissions not currently held:\n{}' } }
for (const [step, answers, says] of [
  ['the binding', { [`POST ${BINDINGS}`]: FORBIDDEN }, /^You may not bind clusterroles.rbac.authorization.k8s.io "waylay-developer" in namespace "shop"(.|\n)*--verb=bind/],
  ['the token', { [`POST ${ACCOUNTS}/${NAME}/token`]: { status: 403, body: { message: 'maria cannot create' } } },
    /^You may not create serviceaccounts\/token "waylay-grant-maria" in namespace "shop"/]
] as const) {
  test(`nothing is left where ${step} may not be made`, async t => {
    const { api, exitCode, stdout, stderr } = await run(t, emptyCluster(answers), 'maria')

    t.is(exitCode, 3)
    t.regex(stderr, says)
    t.is(stdout, '')
    t.deepEqual(changes(api).slice(-2), [`DELETE /serviceaccounts/${NAME}`, `DELETE /rolebindings/${NAME}`])
  })

  test(`a grant that was there stays where ${step} may not be made anew`, async t => {
    const { api } = await run(t, withGrant('waylay-developer', HOUR_MS, answers), 'maria')

    t.deepEqual(changes(api).filter(line => line.startsWith('DELETE')), [])
  })
}

for (const plural of [ACCOUNTS, BINDINGS]) {
  test(`who is overtaken while making ${plural.split('/').at(-1)} is told to try again`, async t => {
    const there = { status: 409, body: { message: 'already exists', details: { name: NAME } } }
    const { exitCode, stderr } = await run(t, emptyCluster({ [`POST ${plural}`]: there }), 'maria')

    t.is(exitCode, 6)
    t.regex(stderr, /^Somebody made "waylay-grant-maria" in namespace "shop" at this moment\n {2}Try: {3}Run the same command again/)
  })
}

test('a namespace or a role that is not there is named', async t => {
  const missing = { status: 404, body: { message: 'namespaces "shop" not found', details: { name: 'shop' } } }
  const nowhere = await run(t, emptyCluster({ [`POST ${ACCOUNTS}`]: missing }), 'maria')
  const role = { status: 404, body: { message: 'not found', details: { name: 'waylay-developer' } } }
  const notInstalled = await run(t, emptyCluster({ 'GET /apis/rbac.authorization.k8s.io/v1/clusterroles/waylay-developer': role }), 'maria')

  t.is(nowhere.exitCode, 2)
  t.regex(nowhere.stderr, /^There is no namespace "shop"/)
  t.is(notInstalled.exitCode, 4)
  t.regex(notInstalled.stderr, /^There is no ClusterRole waylay-developer/)
  t.deepEqual(changes(notInstalled.api), [])
})

test('grants that have ended go with the next one', async t => {
  const old = account(-1000, LABELS, 'waylay-grant-jon')
  const { api, stderr } = await run(t, emptyCluster({ [`GET ${ACCOUNTS}`]: items(old), [`DELETE ${ACCOUNTS}/waylay-grant-jon`]: items() }), 'maria')

  t.regex(stderr, /^Removed the grant of "jon", which had ended\n/)
  t.is(changes(api)[0], 'DELETE /serviceaccounts/waylay-grant-jon')
  t.regex(api.bodies.find(body => body.includes('DeleteOptions')) ?? '', /"uid":"uid-waylay-grant-jon"/)
})

test('a list shows who has what until when, and changes nothing', async t => {
  const everywhere = (plural: string): string => plural.replace('/namespaces/shop', '')
  const answers = {
    [`GET ${everywhere(ACCOUNTS)}`]: items(account(-HOUR_MS), account(HOUR_MS, LABELS, 'waylay-grant-ci')),
    [`GET ${everywhere(BINDINGS)}`]: items(binding('waylay-developer'))
  }
  const { api, stdout } = await run(t, answers, 'list')
  const json = await run(t, answers, 'list', '--output', 'json')
  const empty = await run(t, { [`GET ${ACCOUNTS}`]: items(), [`GET ${BINDINGS}`]: items() }, 'list', '-n', 'shop', '-o', 'json')

  t.regex(stdout, /^NAMESPACE +NAME +ROLE +MADE +ENDS +STATE\nshop +ci +- +\S+ ago +in (1h|59m\S+) +unbound\nshop +maria +waylay-developer +\S+ ago +1h\S* ago +ended$/)
  t.true(api.requests.every(line => line.startsWith('GET') && line.includes('app.kubernetes.io%2Fcomponent%3Dgrant')))
  t.like(fitsSchema(t, json.stdout, 'grant-list'), { grants: [{ name: 'ci', role: null }, { name: 'maria', state: 'ended' }] })
  t.deepEqual(fitsSchema(t, empty.stdout, 'grant-list'), { grants: [] })
})

test('the intercepts of a revoked grant end with it and no others', async t => {
  const intercepts = '/apis/waylay.dev/v1alpha1/namespaces/shop/intercepts'
  const held = (name: string, owner: string) =>
    ({ metadata: { name, namespace: 'shop', uid: name }, spec: { owner, workload: 'deployment/payments', port: 8080 } })
  const list = items(held('hers', `system:serviceaccount:shop:${NAME}`), held('others', 'system:serviceaccount:shop:waylay-grant-jon'))
  const ok = { status: 200, body: {} }

  const ended = await run(t, withGrant('waylay-ci', HOUR_MS,
    { [`GET ${intercepts}`]: list, [`DELETE ${intercepts}/hers`]: ok, [`DELETE ${intercepts}/others`]: ok }), 'revoke', 'maria')
  const forbidden = await run(t, withGrant('waylay-ci', HOUR_MS,
    { [`GET ${intercepts}`]: { status: 403, body: { message: 'maria cannot list' } } }), 'revoke', 'maria')

  t.regex(ended.stdout, /\nEnded its intercept of deployment\/payments port 8080$/)
  t.deepEqual(changes(ended.api).filter(line => line.includes('intercepts')), ['DELETE /apis/waylay.dev/v1alpha1/intercepts/hers'])
  t.is(forbidden.exitCode, 0)
  t.regex(forbidden.stderr, /^Warning: its intercepts were not ended \(You may not list intercepts/)
})

test('a revoked grant loses account and binding', async t => {
  const { api, exitCode, stdout } = await run(t, withGrant('waylay-ci', HOUR_MS), 'revoke', 'maria')
  const unknown = await run(t, emptyCluster(), 'revoke', 'maria')

  t.is(exitCode, 0)
  t.is(stdout, 'Revoked the grant of "maria" in namespace shop')
  t.deepEqual(changes(api), [`DELETE /serviceaccounts/${NAME}`, `DELETE /rolebindings/${NAME}`])
  t.is(unknown.exitCode, 5)
  t.regex(unknown.stderr, /^There is no grant "maria" in namespace "shop"/)
})

const refuses = test.macro(async (t, args: readonly string[], says: RegExp) => {
  const { api, exitCode, stdout, stderr } = await run(t, emptyCluster(), ...args)
  t.is(exitCode, 2)
  t.regex(stderr, says)
  t.regex(stderr, /\n {2}Try: {3}.+\n {2}Code: {2}WAYLAY_USAGE/)
  t.is(stdout, '')
  t.deepEqual(api.requests, [], 'nobody was asked')
})

for (const [name, usable] of [
  ['../../secrets/x', 'secrets-x'], ['Maria Müller', 'maria-mu-ller'], ['a;rm -rf /', 'a-rm-rf'], ['$(id)', 'id'], ['x\ny', 'x-y'],
  ['', 'maria'], ['-', 'maria'], ['maria@example.org', 'maria-example-org'], ['a'.repeat(300), 'a'.repeat(40)], ['a/b?c=d#e', 'a-b-c-d-e'],
  ['\u001b[31mred', '31mred']
] as const) {
  test(`the name ${JSON.stringify(name.slice(0, 20))} is refused with one that would do`, refuses, ['--', name],
    new RegExp(`^Cannot use "[^\\n\\u001b]*" as a name: .*\\n  Try:   Write it as ${usable}\\n`))
}
test('a life of a second is too short', refuses, ['maria', '--ttl', '1s'], /^Cannot use --ttl 1s: a grant lives from 10m to 30d/)
test('a life of ten years is too long', refuses, ['maria', '--ttl', '3650d'], /^Cannot use --ttl 3650d/)
for (const ttl of ['10y', '-1h']) test(`${ttl} is no life`, refuses, ['maria', '--ttl', ttl], new RegExp(`^Cannot read --ttl ${ttl}`))
test('a life that no number holds is refused', refuses, ['maria', '--ttl', `${'9'.repeat(400)}h`], /^Cannot read --ttl 9/)
for (const [command, ...args] of [['maria'], ['revoke', 'maria'], ['list']] as const) {
  test(`a namespace that leads elsewhere is refused by grant ${command}`, refuses, [command, ...args, '-n', '../kube-system/x'],
    /^"..\/kube-system\/x" is no name of a namespace/)
}
test('flags for making a grant are none for a list', refuses, ['list', '--ttl', '8h'], /^Unknown option '--ttl' of grant list/)
test('flags for making a grant are none for an end', refuses, ['revoke', 'maria', '--ci'], /^Unknown option '--ci' of grant revoke/)
test('a grant for nobody is refused', refuses, [], /^Missing required argument 'name'/)
test('revoke refuses hostile names too', refuses, ['revoke', '../maria'], /^Cannot use "..\/maria" as a name/)
test('an unknown flag of grant list points to its help', refuses, ['list', '--what'], /Try: {3}waylay grant list --help/)

for (const command of ['list', 'revoke']) {
  test(`the help of grant ${command} shows its own flags, examples and exit codes`, async t => {
    const { exitCode, stdout } = await runToEnd(t, ['grant', command, '--help'])

    t.is(exitCode, 0)
    t.regex(stdout, /Examples:\n {2}\$ waylay grant (.|\n)*Exit codes:\n {2}0 /)
    t.regex(stdout, /--context <name>/)
    t.notRegex(stdout, /--ttl/)
  })
}
