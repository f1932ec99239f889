/**
 * The rules in a real kernel: a namespace stands for the pod, another one for the node, and the real main.ts writes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { INJECTED_ENV, PROXY_GID, REDIRECTED_MARKER } from '../../common/contract.ts'
import { ADDRESSES, noNamespaces, PodNetwork, type RunOptions } from '../helpers/netns.ts'
import {
  BACK_ENDS, becomes, callers, CONFIG, FAMILIES, marker, only, packets, podWithApp, pretendToBeThePod, redirect, stamps,
  state, watchPackets, whereaboutsOf
} from '../helpers/redirected-pod.ts'

const RESTORES = ['iptables-nft-restore', 'iptables-legacy-restore', 'ip6tables-nft-restore', 'ip6tables-legacy-restore']
const SAVES = RESTORES.map(name => name.replace('restore', 'save'))
const answer = join(import.meta.dirname, 'fixtures/answer.ts')
const beat = join(import.meta.dirname, 'fixtures/beat.ts')

if (noNamespaces !== undefined) console.error(`skipping test/init-container/redirect.test.ts: ${noNamespaces}`)
// One after the other: each starts a dozen programs, and what they answer must not depend on how busy the machine is.
const kernelTest = noNamespaces === undefined ? test.serial : test.serial.skip

for (const backEnd of BACK_ENDS) {
  kernelTest(`${backEnd}: a port is redirected exactly while the proxy beats`, async t => {
    const pod = await podWithApp(t)
    t.is(redirect(pod, only(backEnd)).code, 0)
    t.deepEqual(await callers(pod), ['app', 'app'])

    const proxy = await pod.start('pod', PROXY_GID, beat, ['8080', '15100'])
    await proxy.tell('arm')
    await becomes(t, pod, 'proxy')
    await proxy.tell('disarm')
    // Not a question of time: the stamps are gone, so nothing can match.
    t.deepEqual(stamps(pod, backEnd), ['', ''])
    t.deepEqual(await callers(pod), ['app', 'app'])

    await proxy.tell('arm')
    await becomes(t, pod, 'proxy')
    proxy.child.kill('SIGSTOP')
    await becomes(t, pod, 'app')
    proxy.child.kill('SIGCONT')
    await becomes(t, pod, 'proxy')
    proxy.child.kill('SIGKILL')
    await becomes(t, pod, 'app')
  })

  kernelTest(`${backEnd}: each port and family has a switch of its own`, async t => {
    const pod = await PodNetwork.start(t)
    await pod.start('pod', 1000, answer, ['8080=app', '9000=app', '15100=proxy', '15101=proxy'])
    const ports = [...CONFIG.ports, { port: 9000, listener: 15101, redirect: 'on-demand' }]
    redirect(pod, only(backEnd, { [INJECTED_ENV.config]: JSON.stringify({ ...CONFIG, ports }) }))
    const proxy = await pod.start('pod', PROXY_GID, beat, ['9000', '15101'])

    await proxy.tell('arm 6')
    // Armed before the line was answered: the datagram has left by then.
    t.deepEqual([await callers(pod), await callers(pod, 9000)], [['app', 'app'], ['app', 'proxy']])
    await proxy.tell('disarm 6')
    await proxy.tell('arm 4')
    t.deepEqual([await callers(pod), await callers(pod, 9000)], [['app', 'app'], ['proxy', 'app']])
  })

  kernelTest(`${backEnd}: a datagram from another group arms nothing`, async t => {
    const pod = await podWithApp(t)
    redirect(pod, only(backEnd))

    const app = await pod.start('pod', 1000, beat, ['8080', '15100'])
    await app.tell('arm')

    t.deepEqual(stamps(pod, backEnd), ['', ''])
    t.deepEqual(await callers(pod), ['app', 'app'])
  })

  kernelTest(`${backEnd}: probe detours reach the app without any proxy`, async t => {
    const pod = await podWithApp(t)
    t.deepEqual(await callers(pod, 15500), ['', ''])

    redirect(pod, only(backEnd))

    t.deepEqual(await callers(pod, 15500), ['app', 'app'])
  })

  kernelTest(`${backEnd}: what comes back from the pod itself is not redirected`, async t => {
    const pod = await podWithApp(t)
    redirect(pod, only(backEnd))
    const proxy = await pod.start('pod', PROXY_GID, beat, ['8080', '15100'])
    await proxy.tell('arm')
    await becomes(t, pod, 'proxy')
    watchPackets(pod)
    await callers(pod)
    const before = packets(pod)

    pretendToBeThePod(pod)
    // Nobody answers: the way back is not pretended. The first packet is what the rules decide on; a busy machine may
    // not send it within the second.
    let after = before
    const answers: string[][] = []
    for (let tries = 0; tries < 15 && !after.every(({ left }) => left > 0); tries++) {
      answers.push(await callers(pod, 8080, 1))
      after = packets(pod)
    }
    if (!after.every(({ left }) => left > 0)) t.log(JSON.stringify({ before, after, answers }), whereaboutsOf(pod))
    for (const index of FAMILIES.keys()) {
      t.true((before[index]?.redirected ?? 0) > 0)
      t.is(before[index]?.left, 0)
      t.true((after[index]?.left ?? 0) > 0, JSON.stringify({ before, after, answers }))
      t.is(after[index]?.redirected, before[index]?.redirected)
    }
  })

  kernelTest(`${backEnd}: applying the rules twice is applying them once`, async t => {
    const pod = await podWithApp(t)
    redirect(pod, only(backEnd))
    const once = state(pod)

    t.is(redirect(pod, only(backEnd)).code, 0)

    t.is(state(pod), once)
    // One of each family, and none of another back end.
    t.is(once.match(/(--rcheck|@armed-8080) .*15100/g)?.length, 2)
    t.deepEqual(marker(pod), { backEnd, families: [4, 6], notes: [] })
  })

  kernelTest(`${backEnd}: rules of another back end are replaced, not joined`, async t => {
    const pod = await podWithApp(t)
    const other = BACK_ENDS.find(name => name !== backEnd) ?? backEnd
    redirect(pod, only(other))

    redirect(pod, only(backEnd))

    const clean = await podWithApp(t)
    redirect(clean, only(backEnd))
    t.is(state(pod), state(clean))
  })
}

kernelTest('nftables is used where neither iptables takes the rules', async t => {
  const pod = await podWithApp(t)

  redirect(pod, { broken: RESTORES })

  t.like(marker(pod), { backEnd: 'nftables' })
  t.notRegex(state(pod), /WAYLAY/)
  const proxy = await pod.start('pod', PROXY_GID, beat, ['8080', '15100'])
  await proxy.tell('arm')
  await becomes(t, pod, 'proxy')
})

kernelTest('nftables is used where there is no iptables at all, and stays in use', async t => {
  const pod = await podWithApp(t)
  redirect(pod, { broken: [...RESTORES, ...SAVES] })
  const once = state(pod)

  redirect(pod)

  t.like(marker(pod), { backEnd: 'nftables' })
  t.is(state(pod), once)
})

kernelTest('the app can be dialled from every one of the source addresses', async t => {
  const pod = await podWithApp(t)
  redirect(pod)
  const dialFrom = (from: string, to: string): string => pod.mustRun('pod', process.execPath, ['-e',
    `require('net').connect({ host: '${to}', port: 8080, localAddress: '${from}' }).pipe(process.stdout)`]).trim()

  for (const from of ['169.254.15.1', '169.254.15.254']) t.is(dialFrom(from, ADDRESSES.pod[4]), 'app')
  for (const last of [1, 8]) t.is(dialFrom(`fd77:6179:6c61:79::${last}`, ADDRESSES.pod[6]), 'app')
})

kernelTest('the back end that holds rules already is preferred', async t => {
  const pod = await PodNetwork.start(t)
  pod.mustRun('pod', 'iptables-legacy', ['-A', 'INPUT', '-j', 'ACCEPT'])

  redirect(pod)

  t.like(marker(pod), { backEnd: 'iptables-legacy' })
})

kernelTest('a pod with only IPv4 gets no IPv6 rules', async t => {
  const pod = await PodNetwork.start(t)

  redirect(pod, { env: { [INJECTED_ENV.podIps]: ADDRESSES.pod[4] }, broken: ['ip6tables-nft-save', 'ip6tables-legacy-save'] })

  t.like(marker(pod), { families: [4], notes: ['no IPv6 rules: the pod has no IPv6 address'] })
  t.notRegex(pod.mustRun('pod', 'ip6tables-nft-save', []), /WAYLAY/)
})

const leavesNothing = test.macro(async (t, options: RunOptions, reason: RegExp, prefix: readonly string[] = []) => {
  const pod = await PodNetwork.start(t)
  const untouched = state(pod)
  writeFileSync(join(pod.folder, REDIRECTED_MARKER), 'of an earlier life')

  const { code } = redirect(pod, options, prefix)

  t.is(code, 0)
  t.is(state(pod), untouched)
  t.false(existsSync(join(pod.folder, REDIRECTED_MARKER)))
  t.regex(readFileSync(join(pod.folder, 'termination-log'), 'utf8'), reason)
})

kernelTest('failing iptables leaves no rule and exit code 0', leavesNothing, { broken: [...RESTORES, 'nft'] }, /broken/)
kernelTest('failing ip6tables takes the IPv4 rules along', leavesNothing,
  { broken: [...RESTORES.slice(2), 'nft'] }, /ip6tables-nft-restore ended with 1: broken/)
kernelTest('nftables that fails for IPv6 takes its IPv4 rules along', async t => {
  const pod = await PodNetwork.start(t)
  const untouched = state(pod)
  // Fails for IPv6 and works for all else.
  const half = join(pod.folder, 'half')
  mkdirSync(half)
  const real = pod.mustRun('pod', 'which', ['nft']).trim()
  writeFileSync(join(half, 'nft'), `#!/bin/bash
if [[ $1 != -f ]]; then exec ${real} "$@"; fi
rules=$(cat)
if [[ $rules == *"table ip6"* ]]; then echo 'no ip6' >&2; exit 1; fi
exec ${real} -f - <<<"$rules"
`, { mode: 0o755 })

  const { code } = redirect(pod, only('nftables'), ['env', `PATH=${half}:${process.env['PATH']}`])

  t.is(code, 0)
  t.is(state(pod), untouched)
  t.regex(readFileSync(join(pod.folder, 'termination-log'), 'utf8'), /nft ended with 1: no ip6/)
})
kernelTest('an unknown back end leaves no rule', leavesNothing,
  { env: { WAYLAY_BACK_END: 'ebtables' } }, /WAYLAY_BACK_END is "ebtables", not one of iptables-nft, iptables-legacy, nftables/)
kernelTest('failing to add addresses leaves no rule', leavesNothing, { broken: ['ip'] }, /ip address replace ended with 1/)
kernelTest('an unreadable configuration leaves no rule', leavesNothing,
  { env: { [INJECTED_ENV.config]: '{"version":7}' } }, /Field "version" is 7/)
kernelTest('a pod without its addresses in the environment stays untouched', leavesNothing,
  { env: { [INJECTED_ENV.podIps]: '' } }, /WAYLAY_POD_IPS is not set/)
kernelTest('a missing NET_ADMIN leaves no rule and exit code 0', leavesNothing, {}, /Permission denied|not permitted|root/,
  ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'])

kernelTest('the rules of a service mesh keep us out', async t => {
  const pod = await PodNetwork.start(t)
  pod.mustRun('pod', 'iptables-legacy', ['-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '-j', 'REDIRECT', '--to-ports', '15006'])
  const untouched = state(pod)

  t.is(redirect(pod).code, 0)

  t.is(state(pod), untouched)
  t.regex(readFileSync(join(pod.folder, 'termination-log'), 'utf8'), /service mesh.*--to-ports 15006/s)
})

for (const family of ['ip', 'ip6', 'inet']) {
  kernelTest(`the rules of a mesh that speaks nftables keep us out: ${family}`, async t => {
    const pod = await PodNetwork.start(t)
    pod.mustRun('pod', 'nft', [`table ${family} mesh { chain in { type nat hook prerouting priority dstnat;
      meta l4proto tcp redirect to :15006; }; }`])
    const untouched = state(pod)

    t.is(redirect(pod).code, 0)

    t.is(state(pod), untouched)
    t.regex(readFileSync(join(pod.folder, 'termination-log'), 'utf8'), /service mesh.*mesh in.*15006/s)
  })
}
