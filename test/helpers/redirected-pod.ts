import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { INJECTED_ENV, REDIRECTED_MARKER } from '../../common/contract.ts'
import { ADDRESSES, PodNetwork, type Ran, type RunOptions } from './netns.ts'

export const FAMILIES = [4, 6] as const
export const BACK_ENDS = ['iptables-nft', 'iptables-legacy', 'nftables'] as const

export type BackEndName = typeof BACK_ENDS[number]

/** What the webhook would tell the init container. */
export const CONFIG = {
  version: '0.1.0',
  namespace: 'shop',
  workload: 'deployment/payments',
  ports: [{ port: 8080, listener: 15100, redirect: 'always' }],
  detours: [{ port: 15500, to: 8080 }],
  ticketKey: 'none'
}
const main = join(import.meta.dirname, '../../init-container/main.ts')
const answer = join(import.meta.dirname, '../init-container/fixtures/answer.ts')

/** An app on 8080, and on the listener's port something that says it is the proxy. */
export async function podWithApp (t: ExecutionContext): Promise<PodNetwork> {
  const pod = await PodNetwork.start(t)
  await pod.start('pod', 1000, answer, ['8080=app', '15100=proxy'])
  return pod
}

export function redirect (pod: PodNetwork, options: RunOptions = {}, prefix: readonly string[] = []): Ran {
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

export function only (backEnd: BackEndName, env: RunOptions['env'] = {}): RunOptions {
  return { env: { WAYLAY_BACK_END: backEnd, ...env } }
}

export async function callers (pod: PodNetwork, port = 8080, timeoutSeconds = 20): Promise<string[]> {
  return await Promise.all(FAMILIES.map(async family =>
    await pod.ask('node', ADDRESSES.pod[family], port, timeoutSeconds)))
}

/** Waits for an answer on both families. The bound is for a test that would hang; nothing here is about speed. */
export async function becomes (t: ExecutionContext, pod: PodNetwork, name: string): Promise<void> {
  const endMs = performance.now() + 40_000
  let last = await callers(pod)
  while (performance.now() < endMs && !last.every(answered => answered === name)) {
    await new Promise(resolve => setTimeout(resolve, 50))
    last = await callers(pod)
  }
  t.deepEqual(last, [name, name])
}

/** The kernel's own view of the switches of port 8080; empty where disarmed. */
export function stamps (pod: PodNetwork, backEnd: BackEndName): string[] {
  if (backEnd !== 'nftables') {
    return ['waylay-8080', 'waylay6-8080'].map(name => pod.mustRun('pod', 'cat', [`/proc/net/xt_recent/${name}`]))
  }
  return ['ip', 'ip6'].map(family => {
    const listed = pod.mustRun('pod', 'nft', ['list', 'set', family, 'waylay', 'armed-8080'])
    return /elements = .*/.exec(listed)?.[0] ?? ''
  })
}

/** The node sends with the pod's address as source: that is what a re-entering connection looks like in PREROUTING. */
export function pretendToBeThePod (pod: PodNetwork): void {
  pod.mustRun('pod', 'sysctl', ['-qw', 'net.ipv4.conf.all.accept_local=1', 'net.ipv4.conf.eth0.accept_local=1',
    'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.eth0.rp_filter=0'])
  for (const [command, family] of [['iptables-nft', 4], ['ip6tables-nft', 6]] as const) {
    pod.mustRun('node', command, ['-t', 'nat', '-A', 'POSTROUTING', '-p', 'tcp', '--dport', '8080',
      '-j', 'SNAT', '--to-source', ADDRESSES.pod[family]])
  }
}

export type Packets = { readonly left: number, readonly redirected: number }

/** Counts what the nat table, just before, has done to the packets of new connections. */
export function watchPackets (pod: PodNetwork): void {
  const rules = ['ip', 'ip6'].flatMap(family => [8080, 15100].map(port =>
    `meta protocol ${family} tcp dport ${port} tcp flags syn counter;`))
  pod.mustRun('pod', 'nft', [`table inet watch { chain in { type filter hook prerouting priority -50; ${rules.join(' ')} }; }`])
}

export function packets (pod: PodNetwork): Packets[] {
  const listed = pod.mustRun('pod', 'nft', ['list', 'table', 'inet', 'watch'])
  const [left4 = 0, to4 = 0, left6 = 0, to6 = 0] = [...listed.matchAll(/packets (\d+)/g)].map(([, count]) => Number(count))
  return [{ left: left4, redirected: to4 }, { left: left6, redirected: to6 }]
}

/** What the kernels of both sides know of packets to the app, for a failure that cannot be made to happen again. */
export function whereaboutsOf (pod: PodNetwork): string {
  const looks = [
    ['node', 'ip neighbour; ip -s link show veth0; iptables-nft -t nat -nvL POSTROUTING; ip6tables-nft -t nat -nvL POSTROUTING'],
    ['pod', 'ip neighbour; ip -s link show eth0; nft list table inet watch; iptables-nft -t nat -nvL; ip6tables-nft -t nat -nvL'],
    ['node', 'cat /proc/net/nf_conntrack'], ['pod', 'cat /proc/net/nf_conntrack']
  ] as const
  return looks.map(([side, command]) => `${side}: ${command}\n${pod.run(side, 'sh', ['-c', `(${command}) 2>&1`]).stdout}`).join('\n')
}

/** Everything we could have changed: rules of every back end and family, and addresses. */
export function state (pod: PodNetwork): string {
  const saved = ['nft', 'legacy'].flatMap(backEnd => ['iptables', 'ip6tables'].map(program => {
    const lines = pod.mustRun('pod', `${program}-${backEnd}-save`, []).split('\n')
    // Built-in chains and their headings appear with the first look at a table; they are nobody's rule.
    return lines.filter(line => /^(-A|:WAYLAY)/.test(line)).join('\n')
  }))
  const native = ['ip', 'ip6'].map(family => {
    const { code, stdout } = pod.run('pod', 'nft', ['--stateless', 'list', 'table', family, 'waylay'])
    return code === 0 ? stdout : ''
  })
  return [...saved, ...native, pod.mustRun('pod', 'ip', ['-brief', 'address', 'show', 'lo'])].join('\n')
}

export function marker (pod: PodNetwork): unknown {
  return JSON.parse(readFileSync(join(pod.folder, REDIRECTED_MARKER), 'utf8'))
}
