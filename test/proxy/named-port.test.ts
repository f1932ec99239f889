/** The mode without rules: callers come to the listener by its name, and nobody leads them past it. */
import { once } from 'node:events'
import test from 'ava'
import { noNamespaces } from '../helpers/netns.ts'
import { ProxiedPod } from '../helpers/proxied-pod.ts'

if (noNamespaces !== undefined) console.error(`skipping test/proxy/named-port.test.ts: ${noNamespaces}`)
const kernelTest = noNamespaces === undefined ? test.serial : test.serial.skip
const LISTENER = 15100

kernelTest('callers of the listener reach the app through the proxy, those of the app\'s port directly', async t => {
  const pod = await ProxiedPod.start(t, { mode: 'named-port' })

  for (const family of [4, 6] as const) {
    t.is(await pod.ask(family, LISTENER), 'proxied')
    t.is(await pod.ask(family), 'direct')
  }
  t.false(pod.health('/metrics').includes('waylay_redirect_armed{'), 'nothing is armed or disarmed')
})

kernelTest('an app that is down resets callers of the listener, and answers them when it is back', async t => {
  const pod = await ProxiedPod.start(t, { mode: 'named-port', app: undefined })

  t.regex(await pod.ask(4, LISTENER), /^failed /)
  await pod.startApp()
  t.is(await pod.ask(4, LISTENER), 'proxied')
})

kernelTest('a proxy that is stopped answers nobody in its place', async t => {
  const pod = await ProxiedPod.start(t, { mode: 'named-port' })
  const exited = once(pod.proxy.child, 'exit')

  pod.proxy.child.kill('SIGKILL')
  await exited
  t.is(await pod.ask(4, LISTENER), 'failed ECONNREFUSED')
  t.is(await pod.ask(4), 'direct')
})

kernelTest('SIGTERM: not ready at once, but callers are accepted until those who are connected have left', async t => {
  const pod = await ProxiedPod.start(t, { mode: 'named-port' })
  t.regex(pod.health('/healthz'), /^HTTP\/1.1 200 /)
  t.deepEqual(await pod.open(2, 4, LISTENER), { proxied: 2 })
  const exited = once(pod.proxy.child, 'exit')

  const drains = once(pod.proxy.child.stdout, 'data')
  pod.proxy.child.kill('SIGTERM')
  await drains
  t.regex(pod.health('/healthz'), /^HTTP\/1.1 503 /)
  // Longer than a proxy that is redirected to listens on.
  await new Promise(resolve => setTimeout(resolve, 4000))
  t.is(await pod.ask(4, LISTENER), 'proxied')
  t.deepEqual(await pod.again(), { proxied: 2 })
  await pod.close()
  t.deepEqual(await exited, [0, null])
})
