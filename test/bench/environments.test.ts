import test from 'ava'
import { apiRequestsPerSecond, readApiRequests } from '../../bench/environments/api-requests.ts'
import { millicores, readContainerStats } from '../../bench/environments/container-stats.ts'
import { ENVIRONMENTS_FIGURE_RULES } from '../../bench/environments/figures.ts'
import { parseEnvironmentsOptions } from '../../bench/environments/options.ts'
import { ENVIRONMENTS_ROW_NAMES, ENVIRONMENTS_ROWS } from '../../bench/environments/rows.ts'

test('the bench of environments has a row for every name and figure', t => {
  t.deepEqual(ENVIRONMENTS_ROWS.map(({ name }) => name), [...ENVIRONMENTS_ROW_NAMES])
  for (const { name, row, sides } of ENVIRONMENTS_FIGURE_RULES) {
    const found = ENVIRONMENTS_ROWS.find(one => one.name === row)
    t.deepEqual(sides.filter(side => found?.sides.includes(side) !== true), [], name)
  }
})

test('fifty environments are made unless another number is asked for', t => {
  t.like(parseEnvironmentsOptions([]), { environments: 50, atOnce: 4, rounds: 5 })
  t.like(parseEnvironmentsOptions(['--environments', '3', '--json']), { environments: 3, json: true })
  t.throws(() => parseEnvironmentsOptions(['--environments', '0']), { message: /--environments: "0"/ })
})

test('requests of the API server are added up over their codes and scopes', t => {
  const line = (verb: string, resource: string, subresource: string, code: number, count: number): string =>
    `apiserver_request_total{code="${code}",dry_run="",group="waylay.dev",resource="${resource}",scope="resource",` +
    `subresource="${subresource}",verb="${verb}",version="v1alpha1"} ${count}`
  const before = readApiRequests(`# TYPE apiserver_request_total counter\n${line('PATCH', 'intercepts', 'status', 200, 5)}\n`)
  const after = readApiRequests([
    line('PATCH', 'intercepts', 'status', 200, 20), line('PATCH', 'intercepts', 'status', 404, 5),
    line('GET', 'pods', '', 200, 1e2), line('LIST', 'pods', '', 200, 0)
  ].join('\n'))
  t.deepEqual(apiRequestsPerSecond(before, after, 10), [
    { what: 'GET pods', perSecond: 10 }, { what: 'PATCH intercepts/status', perSecond: 2 }
  ])
})

test('a container\'s use of the CPU is read between the kubelet\'s own looks', t => {
  const summary = (time: string, usageCoreNanoSeconds: number): string => JSON.stringify({
    pods: [{
      podRef: { name: 'app-1', namespace: 'bench' },
      containers: [{
        name: 'app',
        cpu: { time, usageCoreNanoSeconds },
        memory: { workingSetBytes: 3 * 2 ** 20, rssBytes: 2 ** 20 }
      }]
    }, { podRef: { name: 'other', namespace: 'kube-system' } }]
  })
  const [before] = readContainerStats(summary('2026-01-01T00:00:00Z', 1e9), 'bench')
  const [after] = readContainerStats(summary('2026-01-01T00:00:10Z', 1.5e9), 'bench')
  t.like(after, { pod: 'app-1', container: 'app', workingMib: 3, ownMib: 1 })
  t.is(after && millicores(before, after), 50)
  t.is(after && millicores(undefined, after), NaN)
})
