/**
 * The rules in a real kernel: a namespace stands for the pod, another one for the node, and the real main.ts writes.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { INJECTED_ENV, PROXY_GID, REDIRECTED_MARKER } from '../../common/contract.ts'
import { ADDRESSES, noNamespaces, PodNetwork, type Ran, type RunOptions } from '../helpers/netns.ts'

const FAMILIES = [4, 6] as const
const BACK_ENDS = ['nft', 'legacy'] as const
const RESTORES = ['iptables-nft-restore', 'iptables-legacy-restore', 'ip6tables-nft-restore', 'ip6tables-legacy-restore']

const CONFIG = {
  version: '0.1.0',
  namespace: 'shop',
  workload: 'deployment/payments',
  ports: [{ port: 8080, listener: 15100, redirect: 'always' }],
  detours: [{ port: 15500, to: 8080 }],
  ticketKey: 'none'
}
const main = join(import.meta.dirname, '../../init-container/main.ts')
const answer = join(import.meta.dirname, 'fixtures/answer.ts')
const beat = join(import.meta.dirname, 'fixtures/beat.ts')

if (noNamespaces !== undefined) console.error(`skipping test/init-container/redirect.test.ts: ${noNamespaces}`)
const kernelTest = noNamespaces === undefined ? test : test.skip

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
    t.deepEqual(stamps(pod), ['', ''])
    t.deepEqual(await callers(pod), ['app', 'app'])

    await proxy.tell('arm')
    await becomes(t, pod, 'proxy')
    proxy.child.kill('SIGKILL')
    await becomes(t, pod, 'app')
  })

  kernelTest(`${backEnd}: a datagram from another group arms nothing`, async t => {
    const pod = await podWithApp(t)
    redirect(pod, only(backEnd))

    const app = await pod.start('pod', 1000, beat, ['8080', '15100'])
    await app.tell('arm')

    t.deepEqual(stamps(pod), ['', ''])
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
    const before = FAMILIES.map(family => packets(pod, backEnd, family))

    pretendToBeThePod(pod)
    // Nobody answers: the way back is not pretended. The first packet is what the rules decide on.
    await callers(pod, 8080, 1)

    const after = FAMILIES.map(family => packets(pod, backEnd, family))
    for (const index of FAMILIES.keys()) {
      t.true((after[index]?.guard ?? 0) > (before[index]?.guard ?? 0))
      t.is(after[index]?.redirect, before[index]?.redirect)
    }
  })

  kernelTest(`${backEnd}: applying the rules twice is applying them once`, async t => {
    const pod = await podWithApp(t)
    redirect(pod, only(backEnd))
    const once = state(pod)

    t.is(redirect(pod, only(backEnd)).code, 0)

    t.is(state(pod), once)
    t.is(once.match(/-j WAYLAY_INBOUND/g)?.length, 2)
    t.deepEqual(marker(pod), { backEnd: `iptables-${backEnd}`, families: [4, 6], notes: [] })
  })
}

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

kernelTest('failing iptables leaves no rule and exit code 0', leavesNothing, { broken: RESTORES }, /broken/)
kernelTest('failing ip6tables takes the IPv4 rules along', leavesNothing,
  { broken: RESTORES.slice(2) }, /ip6tables-nft-restore ended with 1: broken/)
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

/** An app on 8080, and on the listener's port something that says it is the proxy. */
async function podWithApp (t: ExecutionContext): Promise<PodNetwork> {
  const pod = await PodNetwork.start(t)
  await pod.start('pod', 1000, answer, ['8080=app', '15100=proxy'])
  return pod
}

function redirect (pod: PodNetwork, options: RunOptions = {}, prefix: readonly string[] = []): Ran {
  const terminationLog = join(pod.folder, 'termination-log')
  writeFileSync(terminationLog, '')
  const env = {
    [INJECTED_ENV.config]: JSON.stringify(CONFIG),
    [INJECTED_ENV.podIps]: `${ADDRESSES.pod[4]},${ADDRESSES.pod[6]}`,
    ...options.env
  }
  const command = [...prefix, process.execPath, main, '--shared-dir', pod.folder, '--termination-log', terminationLog]
  return pod.run('pod', command[0] ?? '', command.slice(1), { ...options, env })
}

function only (backEnd: typeof BACK_ENDS[number]): RunOptions {
  const other = backEnd === 'nft' ? 'legacy' : 'nft'
  return { broken: ['iptables', 'ip6tables'].flatMap(name => [`${name}-${other}-restore`, `${name}-${other}-save`]) }
}

async function callers (pod: PodNetwork, port = 8080, timeoutSeconds = 4): Promise<string[]> {
  return await Promise.all(FAMILIES.map(async family =>
    await pod.ask('node', ADDRESSES.pod[family], port, timeoutSeconds)))
}

/** Waits for an answer on both families. The bound is for a test that would hang; nothing here is about speed. */
async function becomes (t: ExecutionContext, pod: PodNetwork, name: string): Promise<void> {
  const endMs = performance.now() + 15_000
  let last = await callers(pod)
  while (performance.now() < endMs && !last.every(answered => answered === name)) {
    await new Promise(resolve => setTimeout(resolve, 50))
    last = await callers(pod)
  }
  t.deepEqual(last, [name, name])
}

/** The kernel's own view of the switches. */
function stamps (pod: PodNetwork): string[] {
  return ['waylay-8080', 'waylay6-8080'].map(name => pod.mustRun('pod', 'cat', [`/proc/net/xt_recent/${name}`]))
}

/** The node sends with the pod's address as source: that is what a re-entering connection looks like in PREROUTING. */
function pretendToBeThePod (pod: PodNetwork): void {
  pod.mustRun('pod', 'sysctl', ['-qw', 'net.ipv4.conf.all.accept_local=1', 'net.ipv4.conf.eth0.accept_local=1',
    'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.eth0.rp_filter=0'])
  for (const [command, family] of [['iptables-nft', 4], ['ip6tables-nft', 6]] as const) {
    pod.mustRun('node', command, ['-t', 'nat', '-A', 'POSTROUTING', '-p', 'tcp', '--dport', '8080',
      '-j', 'SNAT', '--to-source', ADDRESSES.pod[family]])
  }
}

type Packets = { readonly guard: number, readonly redirect: number }

function packets (pod: PodNetwork, backEnd: string, family: 4 | 6): Packets {
  const saved = pod.mustRun('pod', `${family === 4 ? 'iptables' : 'ip6tables'}-${backEnd}-save`, ['-c', '-t', 'nat'])
  const count = (pattern: RegExp): number => Number(pattern.exec(saved)?.[1])
  return { guard: count(/\[(\d+):\d+\] .*--src-type LOCAL/), redirect: count(/\[(\d+):\d+\] .*--rcheck/) }
}

/** Everything we could have changed: rules of both back ends and families, and addresses. */
function state (pod: PodNetwork): string {
  const saved = BACK_ENDS.flatMap(backEnd => ['iptables', 'ip6tables'].map(program => {
    const lines = pod.mustRun('pod', `${program}-${backEnd}-save`, []).split('\n')
    // Built-in chains and their headings appear with the first look at a table; they are nobody's rule.
    return lines.filter(line => /^(-A|:WAYLAY)/.test(line)).join('\n')
  }))
  return [...saved, pod.mustRun('pod', 'ip', ['-brief', 'address', 'show', 'lo'])].join('\n')
}

function marker (pod: PodNetwork): unknown {
  return JSON.parse(readFileSync(join(pod.folder, REDIRECTED_MARKER), 'utf8'))
}
