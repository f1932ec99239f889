import test from 'ava'
import { ANNOTATIONS } from '../../../common/contract.ts'
import { VERSION } from '../../../common/version.ts'
import { startFakeInstallation, type FakeInstallation } from '../helpers/fake-installation.ts'

/** What a list of all namespaces answers. */
function addEnvironments (fake: FakeInstallation, ...names: readonly string[]): void {
  const list = { kind: 'EnvironmentList', metadata: { name: '' }, items: names.map(name => ({ metadata: { name, namespace: 'shop' } })) }
  fake.objects.set('/apis/waylay.dev/v1alpha1/environments', list)
}

test('uninstall names the environments that go with it, and a dry run those that would', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  addEnvironments(fake, 'pr-2', 'pr-1')
  const status = JSON.stringify({ version: VERSION, mode: 'iptables', workload: 'pod/debug', ports: [] })
  fake.pods = [{ metadata: { name: 'debug', namespace: 'shop', annotations: { [ANNOTATIONS.status]: status } } }]

  t.regex((await run('uninstall', '--dry-run')).stderr, /With it would go every environment and what it is made of: shop\/pr-1, shop\/pr-2\./)
  // Right behind what "it" is, before the list of workloads.
  t.regex((await run('uninstall')).stderr, /waylay is removed\.\nWith it goes every environment and what it is made of: shop\/pr-1, shop\/pr-2\.\nStill injected/)
})

test('of many environments some are named', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  addEnvironments(fake, ...Array.from({ length: 30 }, (_, index) => `pr-${10 + index}`))

  t.regex((await run('uninstall')).stderr, /made of: shop\/pr-10, shop\/pr-11, shop\/pr-12, shop\/pr-13, shop\/pr-14 and 25 more\./)
})

test('where there is none, or the cluster does not know the kind, nothing is said', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  const unknown = await run('uninstall', '--dry-run')
  addEnvironments(fake)

  for (const { exitCode, stderr } of [unknown, await run('uninstall')]) {
    t.is(exitCode, 0, stderr)
    t.notRegex(stderr, /every environment/)
  }
})
