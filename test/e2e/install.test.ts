import { join } from 'node:path'
import test from 'ava'
import { NEXT_VERSION } from '../../build/as-version.ts'
import { ROOT } from '../../build/bundle.ts'
import { VERSION } from '../../common/version.ts'
import { takeInventory } from '../helpers/inventory.ts'
import { kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { makeNextWaylay } from '../helpers/next-waylay.ts'
import { waylay } from '../helpers/waylay.ts'
import { containerNames, deployApp, type Pod } from '../helpers/workload.ts'

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

// The files after this one find waylay installed, whatever happened here.
test.serial.afterEach.always(async () => {
  await waylay(['uninstall'])
  await run(['install'])
})

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

test.serial('kubectl apply -k makes an installation that injects, is recognised, and goes without a trace', async t => {
  t.timeout(5 * 60_000)
  await run(['uninstall'])
  const before = await takeInventory()

  await kubectl(['apply', '-k', join(ROOT, 'manifests')])
  await kubectl(['-n', 'waylay-system', 'rollout', 'status', 'deployment/waylay-webhook', '--timeout=90s'])
  const refused = await waylay(['install'])
  t.is(refused.exitCode, 6)
  t.regex(refused.stderr, /installed here by kubectl-client-side-apply/)
  await run(['install', '--force-conflicts'])
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  t.true(containerNames(pod).includes('waylay-proxy'))
  await kubectl(['delete', 'namespace', namespace])

  await run(['uninstall'])
  t.deepEqual(await takeInventory(), before)
})
