import { createHash } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { deployConfiguredApp } from '../helpers/configured-app.ts'
import { makeDeveloper } from '../helpers/identity.ts'
import { exec, readEnvInside, readFilesInside } from '../helpers/inside.ts'
import { eventually, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'

const ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount'
const ROOTS = [
  'etc/settings', 'etc/items', 'etc/missing', 'etc/pod-info', 'var/mixed', 'srv/one.properties', 'srv/deep', 'srv/by-name',
  'scratch/db', ACCOUNT
]

function makeFolder (t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'waylay-mount-'))
  t.teardown(() => {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) chmodSync(path.join(entry.parentPath, entry.name), 0o700)
    }
    rmSync(folder, { recursive: true })
  })
  return folder
}

/** SHA-256 of each file below a folder, by its path in it. */
function readFiles (folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return Object.fromEntries(files.map(({ parentPath, name }) => {
    const file = path.join(parentPath, name)
    return [path.relative(folder, file), createHash('sha256').update(readFileSync(file)).digest('hex')]
  }))
}

type Sums = Readonly<Record<string, string>>

function without (files: Sums, ...names: readonly string[]): Sums {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)))
}

type Claims = {
  readonly sub: string
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly 'kubernetes.io': { readonly pod: { readonly name: string } }
}

function readClaims (file: string): Claims {
  return JSON.parse(Buffer.from(readFileSync(file, 'utf8').split('.')[1] ?? '', 'base64url').toString()) as Claims
}

test('files are the container\'s own byte for byte, and gone when the command ends', async t => {
  const namespace = await makeNamespace(t)
  const pod = await deployConfiguredApp(namespace)
  const folder = path.join(makeFolder(t), 'pod')

  const intercept = await startIntercept(t, ['settled', '-n', namespace, '--port', '3000:8080', '--mount', folder])
  const inside = await readFilesInside(pod, 'app', ROOTS)
  const outside = readFiles(folder)

  t.log(`${Object.keys(outside).length} files compared`)
  const own = ['var/mixed/token', `${ACCOUNT}/token`, 'etc/pod-info/annotations']
  t.deepEqual(without(outside, ...own), without(inside, ...own))
  t.deepEqual(own.filter(name => name in outside), ['etc/pod-info/annotations'])
  // The kubelet adds two annotations that the API server knows nothing of.
  const annotations = (await exec(pod, 'app', ['cat', '/etc/pod-info/annotations'])).split('\n').filter(line => !line.startsWith('kubernetes.io/config.'))
  t.deepEqual(readFileSync(path.join(folder, 'etc/pod-info/annotations'), 'utf8').split('\n'), annotations)
  const modeOf = (name: string): string => (lstatSync(path.join(folder, name)).mode & 0o777).toString(8)
  t.deepEqual(['.', 'etc', 'etc/items', 'etc/missing'].map(modeOf), ['700', '555', '555', '555'])
  t.deepEqual(['etc/settings/MODE', 'etc/items/run.sh', 'etc/items/deep/er/mode', 'scratch/db/password'].map(modeOf), ['444', '555', '440', '400'])
  t.regex(intercept.stderr(), /Not copied: emptyDir "scratch" at \/scratch\./)
  t.regex(intercept.stderr(), /token is left out: --mount-tokens writes it/)
  const ended = await intercept.stop()
  t.false(existsSync(folder))
  t.is(ended.exitCode, 0)
})

test('a terminated and an ended intercept take their files along, a killed one is told of', async t => {
  const namespace = await makeNamespace(t)
  await deployConfiguredApp(namespace)
  const folder = path.join(makeFolder(t), 'pod')
  const args = ['settled', '-n', namespace, '--port', '3000:8080', '--mount', folder]

  const terminated = await startIntercept(t, args)
  t.true(existsSync(path.join(folder, 'etc/settings/MODE')))
  terminated.kill('SIGTERM')
  await terminated.ended
  t.false(existsSync(folder))

  const left = await startIntercept(t, args)
  await waylay(['leave', 'settled', '-n', namespace])
  t.is(await left.ended, 6)
  t.false(existsSync(folder))

  const killed = await startIntercept(t, args)
  killed.kill('SIGKILL')
  await killed.ended
  await waylay(['leave', '--all', '-n', namespace])
  const { exitCode, stderr } = await waylay(['intercept', ...args])
  t.is(exitCode, 2, stderr)
  t.regex(stderr, /it is not empty\n {2}Try: {3}If a command that was killed left it behind: chmod -R u\+w .*\n {2}Code: {2}WAYLAY_MOUNT_REFUSED/)
  t.true(existsSync(path.join(folder, 'etc/settings/MODE')))
})

test('tokens are the pod\'s own identity, for the volume\'s audience, and need a right', async t => {
  const namespace = await makeNamespace(t)
  const pod = await deployConfiguredApp(namespace)
  const maria = await makeDeveloper(t, namespace, 'maria')
  const folder = path.join(makeFolder(t), 'pod')
  const args = ['settled', '-n', namespace, '--port', '3000:8080', '--mount', folder, '--mount-tokens']
  await kubectl(['-n', namespace, 'create', 'rolebinding', 'maria-environment', '--clusterrole=waylay-environment',
    `--serviceaccount=${namespace}:maria`])

  const refused = await waylay(['intercept', ...args], { kubeconfig: maria })
  t.is(refused.exitCode, 3)
  t.regex(refused.stderr, /You may not create serviceaccounts\/token "payer"(.|\n)*--clusterrole=waylay-identity/)
  t.false(existsSync(folder))

  await kubectl(['-n', namespace, 'create', 'rolebinding', 'maria-identity', '--clusterrole=waylay-identity',
    `--serviceaccount=${namespace}:maria`])
  await eventually('the right is there', async () => {
    const may = await kubectl(['auth', 'can-i', 'create', 'serviceaccounts', '--subresource=token', '-n', namespace, `--as=system:serviceaccount:${namespace}:maria`])
    return may.trim() === 'yes' ? true : undefined
  })
  const intercept = await startIntercept(t, args, { kubeconfig: maria })
  const [own, other] = [readClaims(path.join(folder, 'var/mixed/token')), readClaims(path.join(folder, ACCOUNT, 'token'))]
  for (const claims of [own, other]) {
    t.is(claims.sub, `system:serviceaccount:${namespace}:payer`)
    t.is(claims['kubernetes.io'].pod.name, pod.metadata.name)
  }
  t.deepEqual(own.aud, ['payments'])
  t.is(own.exp - own.iat, 700)
  t.is(other.exp - other.iat, 3600)
  t.is(lstatSync(path.join(folder, 'var/mixed/token')).mode & 0o777, 0o400)
  await intercept.stop()
  t.false(existsSync(folder))
})

test('a program and a file get the container\'s environment, and rights decide', async t => {
  const namespace = await makeNamespace(t)
  const pod = await deployConfiguredApp(namespace)
  const folder = makeFolder(t)
  const [envJson, envFile, seen] = ['a.json', 'a.env', 'seen.json'].map(name => path.join(folder, name)) as [string, string, string]
  const script = `require('fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify(process.env))`
  const args = ['intercept', 'settled', '-n', namespace, '--port', '3000:8080']
  const program = ['--', process.execPath, '-e', script]

  const files = ['--env-json', envJson, '-e', envFile, '--env-format', 'compose']
  const { exitCode, stderr } = await waylay([...args, ...files, ...program])
  t.is(exitCode, 0, stderr)
  const inside = await readEnvInside(pod, 'app')
  const bare = await readEnvInside(pod, 'bare')
  const [written, started] = [envJson, seen].map(file => JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) as [Record<string, string>, Record<string, string>]
  const ofImage = Object.fromEntries(Object.entries(bare).filter(([name]) => !(name in written)))
  t.deepEqual({ ...ofImage, ...written }, inside)
  t.is(lstatSync(envFile).mode & 0o777, 0o600)
  const given = Object.keys(written).filter(name => name !== 'PATH' && !name.startsWith('KUBERNETES_'))
  t.true(given.length > 50)
  for (const name of given) t.is(started[name], inside[name], name)
  t.is(started['PATH'], process.env['PATH'])
  t.is(started['KUBERNETES_SERVICE_HOST'], undefined)

  const maria = await makeDeveloper(t, namespace, 'maria')
  rmSync(seen)
  const alone = await waylay([...args, ...program], { kubeconfig: maria })
  t.is(alone.exitCode, 0, alone.stderr)
  t.regex(alone.stderr, /starts without the pod's environment: You may not get/)
  t.false('MODE' in (JSON.parse(readFileSync(seen, 'utf8')) as object))
  rmSync(envJson)
  const refused = await waylay([...args, '--env-json', envJson], { kubeconfig: maria })
  t.is(refused.exitCode, 3)
  t.false(existsSync(envJson))
})
