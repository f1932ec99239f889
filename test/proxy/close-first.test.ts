/**
 * Callers that close first: each leaves a port in TIME_WAIT on both legs, so one address would run out of them. 10
 * seconds by default; `WAYLAY_CLOSE_FIRST_SECONDS=60` for the minute in which TIME_WAIT has no mercy.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ADDRESSES, noNamespaces } from '../helpers/netns.ts'
import { ProxiedPod } from '../helpers/proxied-pod.ts'

const SECONDS = Number(process.env['WAYLAY_CLOSE_FIRST_SECONDS'] ?? 10)
const RATE = 2000
/** Each has addresses of its own: one address has 28,000 ports, and each is gone for a minute. */
const PROCESSES = 2
const ADDRESSES_EACH = 100

if (noNamespaces !== undefined) console.error(`skipping test/proxy/close-first.test.ts: ${noNamespaces}`)
const kernelTest = noNamespaces === undefined ? test.serial : test.serial.skip
const fixtures = join(import.meta.dirname, 'fixtures')

type Result = {
  readonly asked: number
  readonly answered: number
  readonly proxied: number
  readonly failed: Readonly<Record<string, number>>
  readonly slowestMs: number
  readonly seconds: number
}

for (const kind of ['http', 'opaque'] as const) {
  kernelTest(`no caller that closes first fails: ${kind}`, async t => {
    t.timeout(SECONDS * 1000 + 60_000)
    const pod = await ProxiedPod.start(t, kind === 'http' ? {} : { app: undefined })
    if (kind === 'opaque') await pod.network.start('pod', 1000, join(fixtures, 'opaque-app.ts'), ['8080'])
    // The callers' net is on lo of the node, the pod's way back to it through the veth.
    pod.network.mustRun('node', 'ip', ['address', 'add', '10.98.0.1/24', 'dev', 'lo'])
    pod.network.mustRun('pod', 'ip', ['route', 'add', '10.98.0.0/24', 'via', ADDRESSES.node[4]])
    if (kind === 'http') await pod.becomes(t, 4, 'proxied')
    else await new Promise(resolve => setTimeout(resolve, 2000))

    const callers = await Promise.all(Array.from({ length: PROCESSES }, async (_, index) => {
      const first = 1 + index * ADDRESSES_EACH
      return await pod.network.start('node', 0, join(fixtures, 'close-first-callers.ts'), [
        ADDRESSES.pod[4], '8080', first, first + ADDRESSES_EACH - 1, SECONDS, RATE / PROCESSES, kind
      ].map(String))
    }))
    const results = await Promise.all(callers.map(async ({ tell }) => JSON.parse(await tell('begin')) as Result))

    const sum = (read: (result: Result) => number): number => results.reduce((total, result) => total + read(result), 0)
    const rate = Math.round(sum(({ asked }) => asked) / Math.max(...results.map(({ seconds }) => seconds)))
    const slowestMs = Math.round(Math.max(...results.map(result => result.slowestMs)))
    t.log(`${kind}: ${rate} connections a second of ${RATE} wanted, for ${SECONDS} s (WAYLAY_CLOSE_FIRST_SECONDS) on ` +
      `${availableParallelism()} cores; slowest ${slowestMs} ms; failed ${JSON.stringify(results.map(({ failed }) => failed))}`)
    t.deepEqual(results.map(({ failed }) => failed), results.map(() => ({})))
    t.is(sum(({ answered }) => answered), sum(({ asked }) => asked))
    // Through the proxy: had it run out of anything, many would have reached the app without us. Some do when it got no
    // CPU for two seconds, as they should.
    if (kind === 'http') t.true(sum(({ proxied }) => proxied) >= 0.9 * sum(({ asked }) => asked))
    t.is(pod.metric('waylay_overload_total'), 0)
    t.is(pod.metric('waylay_dial_errors_total'), 0)
    if (kind === 'opaque') t.true(pod.metric('waylay_opaque_total') >= sum(({ asked }) => asked))
  })
}
