/** The real rules and the real proxy: who a pod reaches with a check, and whom it reaches for a developer. */
import test from 'ava'
import { ADDRESSES, noNamespaces } from '../../helpers/netns.ts'
import { ProxiedPod } from '../../helpers/proxied-pod.ts'
import type { Checked } from '../../../tunnel/control-messages.ts'

if (noNamespaces !== undefined) console.error(`skipping test/proxy/check/through-kernel.test.ts: ${noNamespaces}`)
const kernelTest = noNamespaces === undefined ? test.serial : test.serial.skip

const CLUSTER_IP = { 4: '10.96.0.9', 6: 'fd96::9' } as const

/** What kube-proxy writes on a node: a ClusterIP that leads to the pod, also for the pod itself. */
function makeClusterIp ({ network }: ProxiedPod): void {
  network.mustRun('node', 'sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1', 'net.ipv4.conf.veth0.send_redirects=0'])
  network.mustRun('pod', 'sysctl', ['-qw', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.eth0.rp_filter=0'])
  for (const [command, family] of [['iptables-nft', 4], ['ip6tables-nft', 6]] as const) {
    network.mustRun('pod', 'ip', [`-${family}`, 'route', 'add', 'default', 'via', ADDRESSES.node[family]])
    const to = family === 4 ? `${ADDRESSES.pod[4]}:8080` : `[${ADDRESSES.pod[6]}]:8080`
    network.mustRun('node', command, ['-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '-d', CLUSTER_IP[family], '--dport', '80',
      '-j', 'DNAT', '--to-destination', to])
    network.mustRun('node', command, ['-t', 'nat', '-A', 'POSTROUTING', '-p', 'tcp', '-d', ADDRESSES.pod[family],
      '--dport', '8080', '-j', 'MASQUERADE'])
  }
}

kernelTest('a pod that checks its Service\'s address is answered by its own proxy', async t => {
  const pod = await ProxiedPod.start(t)
  makeClusterIp(pod)
  for (const family of [4, 6] as const) await pod.becomes(t, family, 'proxied')
  const developer = await pod.startReachingDeveloper('none')
  const check = async (via: string): Promise<Checked> => JSON.parse(await developer.tell(`check ${via}`)) as Checked

  for (const family of [4, 6] as const) {
    const checked = await check(`${CLUSTER_IP[family]} 80`)
    t.like(checked, { type: 'checked', pod: 'payments-1', reason: undefined })
    t.log(`IPv${family}: ${checked.durationMs} ms`)
  }
  t.regex((await check(`${ADDRESSES.pod[4]} 8080`)).reason ?? '', /^not checked: 10\.99\.0\.2 is an address of the pod itself$/)
  t.is((await check('')).reason, 'not checked: a pod cannot call itself as its callers do')
  t.is((await check(`${ADDRESSES.node[4]} 81`)).reason, 'the connection was refused')
})

kernelTest('a Service whose pod is not redirected is answered by the app, and told so', async t => {
  const pod = await ProxiedPod.start(t)
  makeClusterIp(pod)
  await pod.becomes(t, 4, 'proxied')
  const developer = await pod.startReachingDeveloper('none')
  pod.network.mustRun('pod', 'iptables-nft', ['-t', 'nat', '-F', 'WAYLAY_INBOUND'])

  const checked = JSON.parse(await developer.tell(`check ${CLUSTER_IP[4]} 80`)) as Checked
  t.is(checked.reason, 'something else answered with status 200')
})

kernelTest('a pod reaches other hosts for a developer only with consent, and itself never', async t => {
  const pod = await ProxiedPod.start(t)
  await pod.network.start('node', 0, new URL('../../init-container/fixtures/answer.ts', import.meta.url).pathname, ['5432=database'])
  const [allowed, refused] = [await pod.startReachingDeveloper('allow'), await pod.startReachingDeveloper('none')]

  for (const family of [4, 6] as const) {
    t.is(await allowed.tell(`${ADDRESSES.node[family]} 5432`), 'database')
    t.is(await refused.tell(`${ADDRESSES.node[family]} 5432`), 'WAYLAY_EGRESS_FORBIDDEN')
    t.is(await allowed.tell(`${ADDRESSES.node[family]} 5433`), 'WAYLAY_REACH_REFUSED')
    // The tunnel, the app, the health port: what listens in the pod takes us for one of its own.
    for (const port of [8080, 15900, 15902]) t.is(await allowed.tell(`${ADDRESSES.pod[family]} ${port}`), 'WAYLAY_REACH_FORBIDDEN')
  }
  for (const host of ['127.0.0.1', 'localhost', '127.1', '0x7f.1', '2130706433', '0', '::1', '::ffff:127.0.0.1', '169.254.15.1',
    '169.254.169.254', 'fd77:6179:6c61:79::1', 'fe80::1']) {
    t.is(await allowed.tell(`${host} 15900`), 'WAYLAY_REACH_FORBIDDEN', host)
  }
  t.is(await allowed.tell('no-such-name.invalid 80'), 'WAYLAY_REACH_UNKNOWN')
})
