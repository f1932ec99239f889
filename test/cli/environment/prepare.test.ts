import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { WaylayError } from '../../../common/errors.ts'
import { checkEnvironmentFlags, type EnvironmentFlags } from '../../../cli/environment/environment-flags.ts'
import { createEnvironmentKeeper, prepareEnvironment, type PreparedEnvironment } from '../../../cli/environment/prepare.ts'
import { servePaths, type Answers } from '../helpers/path-server.ts'

const DB = '/api/v1/namespaces/shop/secrets/db'
const KUBERNETES = '/api/v1/namespaces/default/services/kubernetes'

const POD = {
  metadata: { name: 'payments-1', namespace: 'shop', uid: 'u-1', labels: { app: 'payments' }, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    enableServiceLinks: false,
    serviceAccountName: 'payer',
    containers: [{ name: 'sidecar' }, {
      name: 'app',
      ports: [{ containerPort: 8080 }],
      env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }, { name: 'PATH', value: '/app/bin' }, { name: 'MODE', value: 'a b' }],
      volumeMounts: [
        { name: 'db', mountPath: '/etc/db' }, { name: 'mixed', mountPath: '/var/run/mixed' }, { name: 'scratch', mountPath: '/tmp' },
        { name: 'old-token', mountPath: '/old' }
      ]
    }],
    volumes: [
      { name: 'db', secret: { secretName: 'db', items: [{ key: 'password', path: 'deep/pass', mode: 0o440 }] } },
      { name: 'scratch', emptyDir: {} },
      { name: 'unused', secret: { secretName: 'not-to-be-read' } },
      { name: 'old-token', secret: { secretName: 'old-token' } },
      {
        name: 'mixed',
        projected: {
          sources: [
            { configMap: { name: 'gone', optional: true } },
            { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
            { serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 3607 } },
            { serviceAccountToken: { path: 'short', expirationSeconds: 60 } },
            { clusterTrustBundle: { path: 'ca' } }
          ]
        }
      }
    ]
  },
  status: { phase: 'Running' }
}

const PLACE = { workload: { id: 'deployment/payments', namespace: 'shop' }, pods: [POD], port: { port: 8080 } }

const OBJECTS: Answers = {
  [DB]: { type: 'Opaque', data: { password: Buffer.from('pw').toString('base64') } },
  '/api/v1/namespaces/shop/secrets/old-token': {
    type: 'kubernetes.io/service-account-token', data: { token: Buffer.from('old').toString('base64'), namespace: Buffer.from('shop').toString('base64') }
  },
  [KUBERNETES]: 403,
  '/api/v1/namespaces/shop/serviceaccounts/payer/token': { status: { token: 'fresh', expirationTimestamp: '2100-01-01T00:00:00Z' } }
}

type Prepared = PreparedEnvironment & {
  readonly notes: readonly string[]
  readonly requests: readonly string[]
  readonly posted: readonly unknown[]
}

type Options = { readonly answers?: Answers, readonly startsProgram?: boolean }

async function prepare (
  t: ExecutionContext, flags: EnvironmentFlags, { answers = {}, startsProgram = true }: Options = {}
): Promise<Prepared> {
  const { cluster, requests, posted } = await servePaths(t, { ...OBJECTS, ...answers })
  const notes: string[] = []
  const prepared = await prepareEnvironment({
    cluster,
    place: PLACE,
    flags,
    startsProgram,
    env: { PATH: '/usr/bin', MINE: '1' },
    platform: 'linux',
    note: line => { notes.push(line) },
    onExit: () => () => {}
  })
  return { ...prepared, notes, requests, posted }
}

function makeTemporary (t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'waylay-prepare-'))
  t.teardown(() => {
    execFileSync('chmod', ['-R', 'u+w', folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

/** Every file below a folder, by its path in it. */
function read (folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return Object.fromEntries(files.map(({ parentPath, name }) => {
    const file = path.join(parentPath, name)
    return [path.relative(folder, file), readFileSync(file, 'utf8')]
  }))
}

test('a program gets the pod\'s environment over the developer\'s, without asking for a flag', async t => {
  const { env, notes } = await prepare(t, {})
  t.deepEqual(env, { PATH: '/usr/bin', MINE: '1', MODE: 'a b', PASSWORD: 'pw' })
  // KUBERNETES_* is kept from programs, so nobody needs to hear that it is missing.
  t.deepEqual(notes, [])
})

test('without a program and without a flag nothing is asked of the cluster', async t => {
  for (const options of [await prepare(t, {}, { startsProgram: false }), await prepare(t, { env: false })]) {
    t.deepEqual(options.requests, [])
    t.deepEqual(options.env, { PATH: '/usr/bin', MINE: '1' })
  }
})

test('a program starts without the pod\'s environment where a right is missing, and hears why', async t => {
  const { env, notes } = await prepare(t, {}, { answers: { [DB]: 403 } })
  t.deepEqual(env, { PATH: '/usr/bin', MINE: '1' })
  t.regex(notes.join('\n'), /starts without the pod's environment: You may not get secrets "db"(.|\n)*waylay-environment(.|\n)*--no-env/)
})

test('a file that was asked for is not written where a right is missing', async t => {
  const folder = makeTemporary(t)
  const at = (name: string): string => path.join(folder, name)
  const flags = { envFile: at('a.env'), envJson: at('a.json'), mount: at('pod') }
  for (const [flag, value] of Object.entries(flags)) {
    const preparing = prepare(t, { [flag]: value }, { answers: { [DB]: 403 } })
    const error = await t.throwsAsync(preparing, { instanceOf: WaylayError }, flag)
    t.is(error.code, 'WAYLAY_FORBIDDEN')
  }
  t.deepEqual(readdirSync(folder), [])
})

test('files hold the whole environment, for their owner alone', async t => {
  const folder = makeTemporary(t)
  const [envFile, envJson] = [path.join(folder, 'a.env'), path.join(folder, 'a.json')]
  const { env, notes } = await prepare(t, { envFile, envJson }, { startsProgram: false })

  t.is(readFileSync(envFile, 'utf8'), 'MODE=a b\nPASSWORD=pw\nPATH=/app/bin\n')
  t.deepEqual(JSON.parse(readFileSync(envJson, 'utf8')), { MODE: 'a b', PASSWORD: 'pw', PATH: '/app/bin' })
  for (const file of [envFile, envJson]) t.is(lstatSync(file).mode & 0o777, 0o600)
  t.deepEqual(env, { PATH: '/usr/bin', MINE: '1' })
  t.regex(notes.join('\n'), /^Warning: KUBERNETES_\* is left out/)
})

test('a value that the format cannot hold leaves no file behind', async t => {
  const folder = makeTemporary(t)
  const answers = { [DB]: { data: { password: Buffer.from('a\nb').toString('base64') } } }
  const flags = { envFile: path.join(folder, 'a.env'), envJson: path.join(folder, 'a.json') }

  const error = await t.throwsAsync(prepare(t, flags, { answers }), { instanceOf: WaylayError })
  t.is(error.code, 'WAYLAY_ENV_UNWRITABLE')
  t.deepEqual(readdirSync(folder), [])
  await prepare(t, { ...flags, envFormat: 'compose' }, { answers })
  t.regex(readFileSync(flags.envFile, 'utf8'), /^PASSWORD="a\\nb"$/m)
})

test('the pod\'s files are there until the end, without its tokens', async t => {
  const folder = path.join(makeTemporary(t), 'pod')
  const { env, notes, requests, stop } = await prepare(t, { mount: folder })

  t.deepEqual(read(folder), { 'etc/db/deep/pass': 'pw', 'var/run/mixed/labels': 'app="payments"', 'old/namespace': 'shop' })
  t.is(lstatSync(path.join(folder, 'etc/db/deep/pass')).mode & 0o777, 0o400)
  t.is(env['WAYLAY_MOUNT'], folder)
  t.is(env['PASSWORD'], 'pw')
  const told = notes.join('\n')
  for (const about of [/token token is left out: --mount-tokens/, /token short is left out/, /what it takes from clusterTrustBundle is left out/, /Not copied: emptyDir "scratch" at \/tmp\./, /3 files of the pod are in /]) {
    t.regex(told, about)
  }
  t.false(requests.some(line => /not-to-be-read|serviceaccounts/.test(line)))
  stop()
  t.false(existsSync(folder))
})

test('tokens come by a flag of their own, bound to the pod and never for a year', async t => {
  const folder = path.join(makeTemporary(t), 'pod')
  const { notes, posted, stop } = await prepare(t, { mount: folder, mountTokens: true })

  t.like(read(folder), { 'var/run/mixed/token': 'fresh', 'var/run/mixed/short': 'fresh', 'old/token': 'old' })
  t.deepEqual(posted.map(body => (body as { spec: object }).spec), [
    { audiences: ['vault'], expirationSeconds: 3600, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'payments-1', uid: 'u-1' } },
    { expirationSeconds: 600, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'payments-1', uid: 'u-1' } }
  ])
  t.regex(notes.join('\n'), /whoever reads them acts as the app/)
  stop()
  t.false(existsSync(folder))
})

test('a token that may not be had is named with the role to ask for', async t => {
  const folder = path.join(makeTemporary(t), 'pod')
  const answers = { '/api/v1/namespaces/shop/serviceaccounts/payer/token': 403 }
  const preparing = prepare(t, { mount: folder, mountTokens: true }, { answers })
  const error = await t.throwsAsync(preparing, { instanceOf: WaylayError })

  t.is(error.code, 'WAYLAY_FORBIDDEN')
  t.regex(`${error.message} ${error.hint}`, /create serviceaccounts\/token "payer".*--clusterrole=waylay-identity/)
  t.false(existsSync(folder))
})

test('files of a preparation that ends too late are taken away at once', async t => {
  const folder = path.join(makeTemporary(t), 'pod')
  const { cluster } = await servePaths(t, OBJECTS)
  const keeper = createEnvironmentKeeper({
    cluster, flags: { mount: folder }, startsProgram: false, env: {}, platform: 'linux', note: () => {}, onExit: () => () => {}
  })
  const preparing = keeper.prepare(PLACE)
  keeper.stop()
  await preparing
  t.false(existsSync(folder))
})

test('a process that leaves in the middle takes the files along', async t => {
  const folder = path.join(makeTemporary(t), 'pod')
  const { cluster } = await servePaths(t, OBJECTS)
  const callbacks: (() => void)[] = []
  const onExit = (callback: () => void) => {
    callbacks.push(callback)
    return () => { callbacks.splice(callbacks.indexOf(callback), 1) }
  }
  const { stop } = await prepareEnvironment({
    cluster, place: PLACE, flags: { mount: folder, container: 'app' }, startsProgram: false, env: {}, platform: 'linux', note: () => {}, onExit
  })
  t.true(existsSync(folder))
  t.is(callbacks.length, 1)
  for (const callback of callbacks) callback()
  t.false(existsSync(folder))
  stop()
  t.is(callbacks.length, 0)
})

test('flags without the one that they belong to are refused', t => {
  const wrong: readonly EnvironmentFlags[] = [{ envFormat: 'sh' }, { mountTokens: true }, { envFile: '' }, { mount: '' }, { envJson: '' }]
  for (const flags of wrong) {
    t.is(t.throws(() => { checkEnvironmentFlags(flags) }, { instanceOf: WaylayError }).code, 'WAYLAY_USAGE', JSON.stringify(flags))
  }
  t.notThrows(() => { checkEnvironmentFlags({ envFormat: 'sh', envFile: 'x', mount: 'y', mountTokens: true }) })
})
