import test from 'ava'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgramPod } from '../helpers/program-pod.ts'
import { metricsOf, throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, type Pod } from '../helpers/workload.ts'

const SECONDS = 30
const A_SECOND = 1000
// A busy machine may give a proxy no time to beat, and those who come meanwhile reach the app directly.
const MOST = 0.8

type Result = {
  readonly started: number
  readonly failures: Readonly<Record<string, number>>
  readonly bySecond: readonly number[]
}

test('callers that come and close first, HTTP and opaque, are all answered', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, {
    program: await mountProgram(namespace, 'close-first-app.ts'),
    annotations: { 'waylay.dev/ports': '8080,8081=always' },
    probe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
  }) as [Pod]
  await throughProxy(pod)
  // Ports of closed connections wait for a minute, at the caller.
  const caller = await startProgramPod(t, namespace, 'close-first-caller.ts', {
    sysctls: [{ name: 'net.ipv4.ip_local_port_range', value: '1024 65535' }]
  })
  await startIntercept(t, ['app', '-n', namespace, '--port', '1:8080', '--id', 'maria-12345678'])

  const host = pod.status.podIP ?? ''
  const kinds = ['http', 'opaque'] as const
  const results = await Promise.all(kinds.map(async kind =>
    await caller('run', { host, kind, aSecond: A_SECOND, seconds: SECONDS }) as Result))

  for (const [index, { started, failures, bySecond }] of results.entries()) {
    const whole = bySecond.slice(0, SECONDS)
    t.log(`${kinds[index]}: ${started} connections in ${SECONDS} s, ${Math.round(started / SECONDS)} a second ` +
      `(wanted ${A_SECOND}), answered in the slowest second ${Math.min(...whole)}, failed ${JSON.stringify(failures)}`)
  }
  const metrics = await metricsOf(pod)
  t.log(`what the proxy counted: ${[...metrics].filter(([name]) => name.startsWith('waylay_')).map(([name, value]) => `${name} ${value}`).join(', ')}`)
  for (const { failures, bySecond } of results) {
    t.deepEqual(failures, {})
    const answered = bySecond.slice(0, SECONDS)
    // One second is what a machine without time for anybody takes.
    const isSilent = answered.some((count, second) => count === 0 && answered[second + 1] === 0)
    t.true(bySecond.length >= SECONDS && !isSilent, 'no two seconds without an answer')
  }
  const turns = metrics.get('waylay_turns_total{port="8080",route="app"}') ?? 0
  t.true(turns >= (results[0]?.started ?? 0) * MOST, 'they went through the proxy')
})
