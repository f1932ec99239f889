/** The real rules, the real proxy and real callers: they see what they would see without us, whatever happens to it. */
import { once } from 'node:events'
import test from 'ava'
import { PROXY_GID } from '../../common/contract.ts'
import { noNamespaces } from '../helpers/netns.ts'
import { ProxiedPod } from '../helpers/proxied-pod.ts'
import { BACK_ENDS } from '../helpers/redirected-pod.ts'

if (noNamespaces !== undefined) console.error(`skipping test/proxy/fail-open.test.ts: ${noNamespaces}`)
const kernelTest = noNamespaces === undefined ? test.serial : test.serial.skip
const REFUSED = 'failed ECONNREFUSED'

for (const backEnd of BACK_ENDS) {
  kernelTest(`${backEnd}: a port is behind the proxy while the proxy lives`, async t => {
    const pod = await ProxiedPod.start(t, { backEnd })
    for (const family of [4, 6] as const) await pod.becomes(t, family, 'proxied')

    pod.proxy.child.kill('SIGSTOP')
    // Connections of the first two seconds wait in the listener's queue, and are answered when it goes on.
    await new Promise(resolve => setTimeout(resolve, 2500))
    for (const family of [4, 6] as const) t.is(await pod.ask(family), 'direct')
    pod.proxy.child.kill('SIGCONT')
    for (const family of [4, 6] as const) await pod.becomes(t, family, 'proxied')
    t.is(await pod.ask(4, 15500), 'direct')
  })
}

kernelTest('an app that listens on IPv4 only: IPv6 is refused, from the first caller on', async t => {
  const pod = await ProxiedPod.start(t, { app: '0.0.0.0' })

  t.is(await pod.ask(6), REFUSED)
  await pod.becomes(t, 4, 'proxied')
  for (let caller = 0; caller < 50; caller++) t.is(await pod.ask(6), REFUSED)
  t.is(await pod.ask(4), 'proxied')
})

kernelTest('an app that is down is refused, and behind the proxy when it comes back', async t => {
  const pod = await ProxiedPod.start(t, { app: undefined })
  for (const family of [4, 6] as const) t.is(await pod.ask(family), REFUSED)

  await pod.startApp()
  for (const family of [4, 6] as const) await pod.becomes(t, family, 'proxied')
  await pod.stopApp()
  // The first caller finds it out for all; it sees a reset where it would have seen a refusal.
  for (const family of [4, 6] as const) await pod.becomes(t, family, REFUSED)
  for (let caller = 0; caller < 50; caller++) t.is(await pod.ask(4), REFUSED)
  await pod.startApp('0.0.0.0')
  await pod.becomes(t, 4, 'proxied')
  t.is(await pod.ask(6), REFUSED)
})

kernelTest('on-demand: direct until there is an intercept and again when it ends; open connections stay', async t => {
  const pod = await ProxiedPod.start(t, { redirect: 'on-demand' })
  t.deepEqual(await pod.open(3), { direct: 3 })

  const developer = await pod.startDeveloper()
  for (const family of [4, 6] as const) await pod.becomes(t, family, 'proxied')
  t.deepEqual(await pod.again(), { direct: 3 })
  t.deepEqual(await pod.open(3, 6), { proxied: 3 })

  t.is(await developer.tell('leave'), 'removed')
  for (const family of [4, 6] as const) t.is(await pod.ask(family), 'direct')
  t.deepEqual(await pod.again(), { direct: 3, proxied: 3 })
})

for (const redirect of ['always', 'on-demand'] as const) {
  kernelTest(`${redirect}: SIGTERM disarms first, then waits for those who are connected`, async t => {
    // One of the two with the supervisor, which must not take a proxy that waits for one that hangs.
    const pod = await ProxiedPod.start(t, { redirect, supervised: redirect === 'on-demand' })
    if (redirect === 'on-demand') await pod.startDeveloper()
    await pod.becomes(t, 4, 'proxied')
    t.deepEqual(await pod.open(5), { proxied: 5 })
    const exited = once(pod.proxy.child, 'exit')

    const drains = once(pod.proxy.child.stdout, 'data')
    pod.proxy.child.kill('SIGTERM')
    // The line that says so is written after the datagrams.
    await drains
    for (let caller = 0; caller < 20; caller++) t.is(await pod.ask(caller % 2 === 0 ? 4 : 6), 'direct')
    await new Promise(resolve => setTimeout(resolve, 6500))
    t.deepEqual(await pod.again(), { proxied: 5 })
    t.is(pod.proxy.child.exitCode, null)
    await pod.close()
    t.deepEqual(await exited, [0, null])
  })
}

kernelTest('supervised: a killed proxy is passed at once and comes back', async t => {
  const pod = await ProxiedPod.start(t, { supervised: true })
  await pod.becomes(t, 4, 'proxied')
  const proxy = pod.network.mustRun('pod', 'pgrep', ['-P', String(pod.proxy.child.pid), 'node']).trim()

  process.kill(Number(proxy), 'SIGKILL')
  await pod.becomes(t, 4, 'direct')
  await pod.becomes(t, 4, 'proxied')
})

kernelTest('supervised: a proxy that hangs is killed, and those it held get a reset', async t => {
  const pod = await ProxiedPod.start(t, { supervised: true })
  await pod.becomes(t, 4, 'proxied')
  t.deepEqual(await pod.open(3), { proxied: 3 })
  const proxy = pod.network.mustRun('pod', 'pgrep', ['-P', String(pod.proxy.child.pid), 'node']).trim()

  process.kill(Number(proxy), 'SIGSTOP')
  t.deepEqual(await pod.again(), { 'failed ECONNRESET': 3 })
  await pod.becomes(t, 4, 'proxied')
})

kernelTest('a proxy that runs out of descriptors is passed by new callers, and no caller is lost', async t => {
  const limit = 400
  const pod = await ProxiedPod.start(t, { prefix: ['prlimit', `--nofile=${limit}:${limit}`] })
  await pod.becomes(t, 4, 'proxied')

  const asked = { proxied: 0, direct: 0 }
  for (let batch = 0; batch < 30; batch++) {
    const { proxied = 0, direct = 0, ...failed } = await pod.open(20)
    t.deepEqual(failed, {})
    asked.proxied += proxied
    asked.direct += direct
  }
  t.log(`of 600 connections ${asked.proxied} passed the proxy, whose limit is ${limit} descriptors`)
  // Each takes two, the caller's and the app's.
  t.true(asked.direct > 300 && asked.proxied > 80)
  t.deepEqual(await pod.again(), asked)
  t.is(pod.metric('waylay_overload_total{reason="descriptors"}'), 1)
  t.is(await pod.ask(4), 'direct')

  await pod.close(20)
  await pod.becomes(t, 4, 'proxied')
  t.deepEqual(await pod.again(), { proxied: 20 })
})

kernelTest('a proxy that is out of descriptors without a warning is passed too, and those it has live', async t => {
  const pod = await ProxiedPod.start(t)
  await pod.becomes(t, 4, 'proxied')
  t.deepEqual(await pod.open(60), { proxied: 60 })

  // The limit falls under what is open: a real EMFILE for whatever comes next. Only its own group may do that.
  const limit = ['--regid', String(PROXY_GID), '--clear-groups', 'prlimit', '--pid', String(pod.proxy.child.pid)]
  pod.network.mustRun('pod', 'setpriv', [...limit, '--nofile=100:'])
  await pod.becomes(t, 4, 'direct')
  for (let caller = 0; caller < 20; caller++) t.is(await pod.ask(4), 'direct')
  t.deepEqual(await pod.again(), { proxied: 60 })

  pod.network.mustRun('pod', 'setpriv', [...limit, '--nofile=1000:'])
  await pod.becomes(t, 4, 'proxied')
  t.true(pod.metric('waylay_overload_total{reason="descriptors"}') > 0)
})
