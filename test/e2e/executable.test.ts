import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import { makeExecutables } from '../../build/executables.ts'
import { ownPlatform } from '../../build/sea/platform.ts'
import { VERSION } from '../../common/version.ts'
import { run } from '../cluster/run.ts'
import { startCaller } from '../helpers/caller-pod.ts'
import { runProgram, theCluster } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }

let folder = ''
let executable = ''

/** What a release would have for this machine, unpacked as people do. */
test.before(async t => {
  t.timeout(4 * 60_000)
  folder = await mkdtemp(join(tmpdir(), 'waylay-unpacked-'))
  const [made] = await makeExecutables([ownPlatform() ?? 'linux-x64'], { folder, mustAll: true })
  if (made === undefined) throw new Error('No executable was made')
  await mkdir(join(folder, 'unpacked'))
  await run('tar', ['-xzf', made.archive, '-C', join(folder, 'unpacked')])
  executable = join(folder, 'unpacked/waylay')
})

test.after.always(async () => { await rm(folder, { recursive: true, force: true }) })

test('the executable of the archive installs the very objects that the npm package does', async t => {
  const [own, other] = await Promise.all([{ executable }, {}].map(async options =>
    await waylay(['install', '--dry-run', '--preview-domain', 'preview.example.com'], options)))

  t.is(own?.exitCode, 0, own?.stderr)
  t.regex(`${own?.stdout}${own?.stderr}`, /Deployment waylay-system\/waylay-preview/)
  t.deepEqual(own, other)
})

test('an intercept of the executable answers marked requests, and starts as fast as by Node', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, { replicas: 1 })
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']], { executable })
  const url = pod === undefined ? '' : urlOf(pod)

  t.is((await caller.request(url, MARIA)).json.answeredBy, 'maria')
  t.is((await caller.request(url)).json.answeredBy, 'app')
  t.regex((await waylay(['list', '-n', namespace], { executable })).stdout, /app/)
  t.is((await intercept.stop()).exitCode, 0)

  for (const [name, options] of [['executable', { executable }], ['npm package', {}]] as const) {
    const startedMs = performance.now()
    for (let start = 0; start < 5; start++) await waylay(['version', '--client'], options)
    t.log(`version --client of the ${name}: ${Math.round((performance.now() - startedMs) / 5)} ms`)
  }
})

test('kubectl runs the executable as its plugin when krew has linked it', async t => {
  const { kubectl } = await theCluster()
  const bin = join(folder, 'krew-bin')
  await mkdir(bin)
  await symlink(executable, join(bin, 'kubectl-waylay'))
  const env = { HOME: folder, PATH: `${bin}:${dirname(kubectl)}:${process.env['PATH']}` }

  const version = await runProgram(kubectl, ['waylay', 'version', '--client'], { env })
  t.is(version.stdout, `waylay ${VERSION}\n`, version.stderr)
  t.regex((await runProgram(kubectl, ['waylay', 'help', 'intercept'], { env })).stdout, /^Usage: waylay intercept/)
})
