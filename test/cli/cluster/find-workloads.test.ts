import test from 'ava'
import { findWorkload } from '../../../cli/cluster/find-workloads.ts'
import { readWorkload } from '../../../cli/cluster/workloads.ts'
import { parseWorkloadName } from '../../../cli/workload-name.ts'
import { startObjectServer, type Objects } from '../helpers/object-server.ts'
import { aPod, aService, aWorkload } from '../helpers/workload-objects.ts'

const OBJECTS: Objects = {
  deployments: [aWorkload('blue')],
  pods: [
    aPod('b1', { labels: { app: 'blue', tier: 'web' }, workload: 'deployment/blue' }),
    aPod('r1', { labels: { app: 'red', tier: 'web' }, workload: 'rollout/red' })
  ],
  services: [
    aService('web', { selector: { tier: 'web' } }), aService('blue', { selector: { app: 'blue' } }), aService('red', { selector: { app: 'red' } })
  ]
}
const found: Readonly<Record<string, readonly [id: string, podQuery: string]>> = {
  'service/blue': ['deployment/blue', 'labelSelector=app%3Dblue'],
  'svc/red': ['rollout/red', ''],
  'rollout/red': ['rollout/red', ''],
  'pod/b1': ['deployment/blue', 'labelSelector=app%3Dblue']
}
for (const [typed, [id, podQuery]] of Object.entries(found)) {
  test(`${typed} is the workload ${id}`, async t => {
    const { cluster } = await startObjectServer(t, OBJECTS)

    t.deepEqual(await findWorkload(cluster, 'shop', parseWorkloadName(typed)), { id, namespace: 'shop', podQuery })
  })
}

test('a Service with two workloads is no one workload', async t => {
  const { cluster } = await startObjectServer(t, OBJECTS)

  await t.throwsAsync(findWorkload(cluster, 'shop', { kind: 'service', name: 'web' }),
    { code: 'WAYLAY_WORKLOAD_UNKNOWN', message: /fits several workloads.*deployment\/blue, rollout\/red/ })
})

test('a workload is read again with the selector of now, or not at all', async t => {
  const before = await startObjectServer(t, { deployments: [aWorkload('blue')] })
  const after = await startObjectServer(t, { deployments: [aWorkload('blue', 'other')] })
  const gone = await startObjectServer(t, {})
  const forbidden = await startObjectServer(t, { deployments: 403 })

  t.is((await readWorkload(before.cluster, 'shop', 'deployment/blue'))?.podQuery, 'labelSelector=app%3Dblue')
  t.is((await readWorkload(after.cluster, 'shop', 'deployment/blue'))?.podQuery, 'labelSelector=app%3Dother')
  t.is(await readWorkload(gone.cluster, 'shop', 'deployment/blue'), undefined)
  t.is((await readWorkload(forbidden.cluster, 'shop', 'deployment/blue'))?.podQuery, '')
})
