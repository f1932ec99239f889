import test from 'ava'
import { computeFigures, FIGURE_RULES, isMet, type Figure } from '../../bench/figures.ts'
import type { Results } from '../../bench/sample.ts'

const RESULTS: Results = {
  small: {
    nginx: [
      { requestsPerSecond: 100, cpuUs: 20 }, { requestsPerSecond: 110, cpuUs: 22 }, { requestsPerSecond: 90, cpuUs: 21 }
    ],
    'waylay-one': [
      { requestsPerSecond: 120, cpuUs: 21 },
      { requestsPerSecond: 99, cpuUs: 23.1 },
      { requestsPerSecond: 90, cpuUs: 22.05 }
    ]
  },
  latency: {
    direct: [{ p50Us: 20 }, { p50Us: 22 }, { p50Us: 21 }],
    nginx: [{ p50Us: 71 }, { p50Us: 72 }, { p50Us: 70 }],
    'waylay-one': [{ p50Us: 61 }, { p50Us: 62 }, { p50Us: 61 }]
  },
  memory: { 'waylay-one': [{ idleMib: 61, perConnectionKib: 10 }, { idleMib: 59, perConnectionKib: 12 }] }
}

const figure = (name: string): Figure | undefined => computeFigures(RESULTS).find(one => one.name === name)

test('a ratio is that of the medians, with the spread of the rounds', t => {
  t.deepEqual(figure('small.throughput.vs_nginx'), {
    name: 'small.throughput.vs_nginx', row: 'small', value: 0.99, bar: { atLeast: 1 }, spread: [0.9, 1.2], met: false
  })
})

test('CPU has an interval by bootstrap', t => {
  const cpu = figure('small.cpu_us_per_request.vs_nginx')
  t.is(cpu?.value, 22.05 / 21)
  t.is(cpu?.spread, undefined)
  t.true(cpu !== undefined && cpu.interval !== undefined && cpu.interval[0] >= 1.049 && cpu.interval[1] <= 1.051)
  t.is(cpu?.met, false)
})

test('added latency is what stands above the app alone', t => {
  t.is(figure('latency.added_p50.vs_nginx')?.value, (61 - 21) / (71 - 21))
  t.is(figure('latency.added_p50.vs_nginx')?.met, true)
})

test('memory is compared with its bar alone', t => {
  t.is(figure('memory.idle_mib')?.value, 60)
  t.is(figure('memory.idle_mib')?.met, true)
  t.deepEqual(figure('memory.per_idle_connection_kib')?.spread, [10, 12])
})

test('what was not measured has no value and is neither met nor missed', t => {
  t.deepEqual(figure('large.throughput.vs_nginx'), {
    name: 'large.throughput.vs_nginx', row: 'large', value: null, bar: { atLeast: 1.1 }, met: null
  })
  // The row was measured, one of the sides was not.
  t.is(figure('small.throughput.vs_http2_proxy')?.met, null)
})

test('a bar is met at its own value', t => {
  t.true(isMet(1, { atLeast: 1 }))
  t.true(isMet(1, { atMost: 1 }))
  t.false(isMet(0.999, { atLeast: 1 }))
  t.false(isMet(1.001, { atMost: 1 }))
})

test('the figures and bars are the ones that were agreed on', t => {
  t.deepEqual(Object.fromEntries(FIGURE_RULES.map(({ name, bar }) => [name, bar])), {
    'small.throughput.vs_nginx': { atLeast: 1 },
    'small.cpu_us_per_request.vs_nginx': { atMost: 1 },
    'small.throughput.vs_http2_proxy': { atLeast: 6 },
    'latency.added_p50.vs_nginx': { atMost: 1.1 },
    'large.throughput.vs_nginx': { atLeast: 1.1 },
    'ondemand.idle.cpu_us_per_request.vs_direct': { atMost: 1.02 },
    'connect.throughput.vs_nginx': { atLeast: 0.8 },
    'grpc.cpu_us_per_request.vs_nginx_grpc_pass': { atMost: 1 },
    'memory.idle_mib': { atMost: 60 },
    'memory.per_idle_connection_kib': { atMost: 16 },
    'intercepts_100.throughput.vs_one': { atLeast: 0.9 }
  })
})
