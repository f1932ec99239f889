import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { startCli } from '../helpers/run-cli.ts'
import { until as untilSoon } from '../helpers/until.ts'

const until = async (isTrue: () => boolean): Promise<void> => { await untilSoon(isTrue, 30_000) }

const COMPANION = 'shop/pr-1/0f6b3c1e-9a52-4f0e-8a3d-0a7c1b2d3e4f'
const YAML = `
namespace: shop
intercepts:
  payments:
    workload: deployment/payments
    port: pay-pr-1.shop.svc:80:8080
    http-header: x-waylay-id=pr-1-abcdefgh
`

async function startCase (t: ExecutionContext) {
  const api = await startFakeApiServer(t)
  const dir = await mkdtemp(path.join(tmpdir(), 'waylay-companion-'))
  t.teardown(async () => { await rm(dir, { recursive: true }) })
  const file = path.join(dir, 'waylay.yaml')
  await writeFile(file, YAML)
  const args = ['--kubeconfig', await writeKubeconfig(t, api.url), 'up', '--file', file, '--output', 'json']
  const start = async (companion = COMPANION) => await startCli(t, args, { WAYLAY_COMPANION: companion })
  return {
    api,
    start,
    held: () => [...api.intercepts.values()][0],
    isReady: (run: { readonly stdout: readonly string[] }) => run.stdout.some(line => line.includes('"event":"ready"'))
  }
}

test('the intercepts of a companion belong to its environment', async t => {
  const { api, start, held, isReady } = await startCase(t)
  api.addPod('payments-1')

  const run = await start()
  await until(() => isReady(run))

  const { ownerReferences, labels } = held()?.metadata ?? {}
  t.like(ownerReferences?.[0], {
    apiVersion: 'waylay.dev/v1alpha1', kind: 'Environment', name: 'pr-1', uid: '0f6b3c1e-9a52-4f0e-8a3d-0a7c1b2d3e4f'
  })
  t.deepEqual(labels, { 'waylay.dev/environment': 'pr-1' })
  run.interrupt()
  t.is(await run.exitCode, 0)
  t.is(api.intercepts.size, 0)
})

test('a companion that is told nonsense is a mistake of usage', async t => {
  const { start } = await startCase(t)

  t.is(await (await start('pr-1')).exitCode, 2)
})

test('a companion waits for an original that has no pods yet', async t => {
  const { api, start, isReady } = await startCase(t)

  const run = await start()
  await until(() => run.stderr.some(line => /not yet: .*has no pods/.test(line)))
  api.addPod('payments-1')

  await until(() => isReady(run))
  run.interrupt()
  t.is(await run.exitCode, 0)
})

test('a companion gives way to its successor and does not fight it', async t => {
  const { api, start, held, isReady } = await startCase(t)
  api.addPod('payments-1')
  const first = await start()
  await until(() => isReady(first))
  const firstKey = held()?.spec.sessionKey

  const second = await start()
  await until(() => isReady(second) && first.stderr.some(line => line.includes('standing by')))
  const secondKey = held()?.spec.sessionKey
  first.interrupt()

  t.is(await first.exitCode, 0)
  t.not(secondKey, firstKey)
  t.is(held()?.spec.sessionKey, secondKey, 'what the successor holds is not ended')
  t.is(held()?.metadata.ownerReferences?.length, 1)
  second.interrupt()
  t.is(await second.exitCode, 0)
})

test('a companion stands again when its successor or anybody gave the intercept up', async t => {
  const { api, start, held, isReady } = await startCase(t)
  api.addPod('payments-1')
  const first = await start()
  await until(() => isReady(first))
  const firstKey = held()?.spec.sessionKey
  const second = await start()
  await until(() => isReady(second) && first.stderr.some(line => line.includes('standing by')))
  second.interrupt()
  await second.exitCode

  await until(() => held()?.spec.sessionKey === firstKey)
  api.deleteIntercept(held()?.metadata.name ?? '')
  await until(() => held()?.spec.sessionKey === firstKey)

  t.is(held()?.metadata.labels?.['waylay.dev/environment'], 'pr-1')
  first.interrupt()
  t.is(await first.exitCode, 0)
})

test('a companion leaves a developer what they took over', async t => {
  const { api, start, held, isReady } = await startCase(t)
  api.addPod('payments-1')
  const first = await start()
  await until(() => isReady(first))

  api.store.takeOver(held()?.metadata.name ?? '', 'jon', 'jons-laptop')
  await until(() => first.stderr.some(line => line.includes('is held by jons-laptop now; standing by')))
  const second = await start()
  await until(() => second.stderr.some(line => line.includes('is held by jon')))

  t.is(held()?.spec.owner, 'jon')
  for (const run of [first, second]) {
    run.interrupt()
    t.is(await run.exitCode, 0)
  }
})
