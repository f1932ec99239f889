import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { parseAllDocuments } from 'yaml'
import { NEXT_VERSION } from '../../build/as-version.ts'
import { ROOT } from '../../build/bundle.ts'
import { CHART } from '../../build/chart.ts'
import { keyOf } from '../../cli/installation/change.ts'
import { chooseManifests } from '../../cli/installation/choose-manifests.ts'
import type { Manifest } from '../../cli/manifests.ts'
import { VERSION } from '../../common/version.ts'
import { takeInventory } from '../helpers/inventory.ts'
import { apply, eventually, kubectl, theCluster } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { makeNextWaylay } from '../helpers/next-waylay.ts'
import { mendInstallation, restoreInstallation } from '../helpers/restore-installation.ts'
import { waylay } from '../helpers/waylay.ts'
import { chartObjects } from '../manifests/helm.ts'
import { containerNames, deployApp, type Pod } from '../helpers/workload.ts'

const MANIFESTS = join(ROOT, 'manifests')

type Outcome = {
  readonly from: string | null
  readonly to: string | null
  readonly objects: readonly { readonly change: string }[]
  readonly restarts: readonly { readonly workload: string, readonly version: string, readonly command: string | null }[]
}

async function run (args: readonly string[], program?: string): Promise<Outcome> {
  const { stdout, stderr, exitCode } = await waylay([...args, '--output', 'json'], program === undefined ? {} : { program })
  if (exitCode !== 0) throw new Error(`waylay ${args.join(' ')} ended with ${exitCode}: ${stderr}`)
  return JSON.parse(stdout) as Outcome
}

function countChanges ({ objects }: Outcome): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { change } of objects) counts[change] = (counts[change] ?? 0) + 1
  return counts
}

test.serial.afterEach.always(mendInstallation)
test.serial.after.always(restoreInstallation)

test.serial('install, upgrade and uninstall leave the cluster as it was before', async t => {
  t.timeout(8 * 60_000)
  const next = await makeNextWaylay(t)
  await run(['uninstall'])
  const before = await takeInventory()

  const dry = await run(['install', '--dry-run'])
  t.deepEqual(await takeInventory(), before, 'a dry run of install makes nothing')
  const installed = await run(['install'])
  const after = await takeInventory()
  const again = await run(['install'])
  const dryUpgrade = await run(['upgrade', '--dry-run'], next)
  t.deepEqual(await takeInventory(), after, 'neither a second install nor a dry run of upgrade makes anything')
  const upgraded = await run(['upgrade'], next)
  const dryUninstall = await run(['uninstall', '--dry-run'], next)
  t.like(dryUninstall, { from: NEXT_VERSION, to: NEXT_VERSION })
  const uninstalled = await run(['uninstall'], next)

  t.deepEqual(await takeInventory(), before)
  t.log(`${before.length} objects before and after, ${after.length} in between; ` +
    `install ${JSON.stringify(countChanges(installed))}, upgrade ${JSON.stringify(countChanges(upgraded))}, ` +
    `uninstall ${JSON.stringify(countChanges(uninstalled))}`)
  t.true(after.length > before.length + 15)
  t.deepEqual(countChanges(dry), countChanges(installed))
  t.deepEqual(Object.keys(countChanges(again)), ['keep'])
  t.deepEqual(countChanges(dryUpgrade), countChanges(upgraded))
  t.like(upgraded, { from: VERSION, to: NEXT_VERSION })
  t.deepEqual(countChanges(dryUninstall), countChanges(uninstalled))
})

test.serial('an install whose webhook does not start is mended by the next one', async t => {
  await run(['uninstall'])
  const failed = await waylay(['install', '--timeout-seconds', '1', '--webhook-image', 'waylay/none:0.0.0'])
  t.is(failed.exitCode, 4)
  t.regex(failed.stderr, /WAYLAY_INSTALL_FAILED/)

  const mended = await run(['install', '--webhook-image', `waylay/webhook:${VERSION}`])

  t.is(countChanges(mended)['change'], 1)
})

test.serial('what somebody changed is named, and overwritten only when forced', async t => {
  await kubectl(['-n', 'waylay-system', 'scale', 'deployment/waylay-webhook', '--replicas=1'])

  const refused = await waylay(['install'])
  t.is(refused.exitCode, 6)
  t.regex(refused.stderr, /\.spec\.replicas of Deployment waylay-system\/waylay-webhook is held by "kubectl"/)
  t.is((await run(['install', '--force-conflicts'])).to, VERSION)
})

test.serial('a preview gateway that is taken out and asked for at once is there again', async t => {
  t.timeout(5 * 60_000)
  const asked = ['install', '--preview-domain', 'again.waylay.test']
  await run(asked)
  await run(['upgrade', '--preview-domain', ''])

  const { exitCode, stderr } = await waylay(asked)

  t.is(exitCode, 0, stderr)
  t.regex(stderr, /create Deployment waylay-system\/waylay-preview/)
  t.is((await kubectl(['-n', 'waylay-system', 'get', 'deployment/waylay-preview', '-o', 'jsonpath={.status.availableReplicas}'])).trim(), '2')
  t.log(stderr.split('\n').find(line => line.includes('which was deleted')) ?? 'it was gone by then')
  await run(['upgrade', '--preview-domain', ''])
})

type Means = { readonly apply: () => Promise<unknown>, readonly recognised: RegExp }

const installsBy = test.macro(async (t, { apply, recognised }: Means) => {
  t.timeout(5 * 60_000)
  await run(['uninstall'])
  const before = await takeInventory()

  await apply()
  await kubectl(['-n', 'waylay-system', 'rollout', 'status', 'deployment/waylay-webhook', '--timeout=90s'])
  const refused = await waylay(['install'])
  t.is(refused.exitCode, 6)
  t.regex(refused.stderr, recognised)
  const namespace = await makeNamespace(t)
  await eventually('a new pod is injected', async () => {
    const [pod] = await deployApp(namespace) as [Pod]
    if (containerNames(pod).includes('waylay-proxy')) return true
    await kubectl(['-n', namespace, 'delete', 'deployment', 'app'])
    return undefined
  })
  const taken = await run(['install', '--force-conflicts'])
  t.true(taken.objects.every(({ change }) => change === 'keep' || change === 'change'))
  await kubectl(['delete', 'namespace', namespace])

  await run(['uninstall'])
  t.deepEqual(await takeInventory(), before)
})

test.serial('kubectl apply -k makes an installation that injects, is recognised, and goes without a trace', installsBy, {
  apply: async () => await kubectl(['apply', '-k', MANIFESTS]),
  recognised: /installed here by kubectl-client-side-apply/
})

test.serial('the chart makes an installation that injects, is recognised as Helm\'s, and goes without a trace', installsBy, {
  apply: async () => await apply(...(await chartObjects(CHART)).map(asHelm)),
  recognised: /installed here by Helm \(release waylay in default\)/
})

/** As Helm marks what it applies. */
function asHelm (object: Manifest): object {
  const annotations = { 'meta.helm.sh/release-name': 'waylay', 'meta.helm.sh/release-namespace': 'default' }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

test.serial('the kustomization makes the objects that waylay install applies, one setting moves its images', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-kustomize-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  await cp(MANIFESTS, folder, { recursive: true })
  const kustomize = async () => byKey(parseAllDocuments(await kubectl(['kustomize', folder])).map(document => document.toJS() as Manifest))

  t.deepEqual(await kustomize(), byKey(await chooseManifests({})))

  const file = join(folder, 'kustomization.yaml')
  await writeFile(file, (await readFile(file, 'utf8')).replace('newName: waylay/webhook', 'newName: r.example.org:5000/w/webhook'))
  t.deepEqual(await kustomize(), byKey(await chooseManifests({ imageRegistry: 'r.example.org:5000/w' })))
})

function byKey (objects: readonly Manifest[]): Readonly<Record<string, Manifest>> {
  return Object.fromEntries(objects.map(object => [keyOf(object), object]))
}

test.serial('install that is interrupted says how to go on, and goes on', async t => {
  await run(['uninstall'])
  const { kubeconfigPath } = await theCluster()
  const child = spawn(process.execPath, [join(ROOT, 'dist/waylay.js'), 'install', '--kubeconfig', kubeconfigPath])
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    said += piece
    if (/waiting for/.test(piece)) child.kill('SIGINT')
  })
  const exitCode = await new Promise(resolve => child.on('close', resolve))

  t.is(exitCode, 130, said)
  t.regex(said, /Run "waylay install" again to go on/)
  t.deepEqual(Object.keys(countChanges(await run(['install']))), ['keep'])
})
