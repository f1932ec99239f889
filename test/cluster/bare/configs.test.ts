import { BlockList } from 'node:net'
import test from 'ava'
import { componentCommands, componentNames } from './components.ts'
import { containerdToml, corefile, kubeletConfig, kubeProxyConfig } from './configs.ts'
import { certificateArgs, certificateWishes } from './keys.ts'
import { kubeconfig } from './kubeconfig.ts'
import { hostCommands, nodeCommands } from './network.ts'
import { dnsService, families, ipv4, names, versionIn } from './plan.ts'
import { cniConfig } from './pod-network.ts'
import { isNewEnough } from './go-build.ts'
import { kubernetesLinkerFlags } from './parts.ts'

test('every part has a command line, and those that talk to the API server have a kubeconfig', t => {
  const commands = componentCommands()
  t.deepEqual(Object.keys(commands), [...componentNames])
  for (const name of ['kube-controller-manager', 'kube-scheduler', 'kubelet'] as const) {
    t.true(commands[name].some(arg => arg.startsWith('--kubeconfig=')), name)
  }
})

test('the API server reaches kubelets by address, not by a name that no DNS knows', t => {
  t.true(componentCommands()['kube-apiserver'].includes('--kubelet-preferred-address-types=InternalIP'))
})

test('the same ranges of both families are told to the API server, the controllers, kube-proxy and the pods', t => {
  const services = `--service-cluster-ip-range=${families.map(family => family.services).join(',')}`
  const pods = families.map(family => family.pods).join(',')
  const commands = componentCommands()
  t.true(commands['kube-apiserver'].includes(services))
  t.true(commands['kube-controller-manager'].includes(services))
  t.true(commands['kube-controller-manager'].includes(`--cluster-cidr=${pods}`))
  t.like(kubeProxyConfig(), { clusterCIDR: pods })
  t.like(cniConfig(), { plugins: [{ ipam: { ranges: families.map(family => [{ subnet: family.pods }]) } }] })
})

test('single addresses lie inside the range they belong to', t => {
  for (const { services, apiService } of families) t.true(contains(services, apiService), apiService)
  t.true(contains(ipv4.services, dnsService))
  t.false(contains(ipv4.pods, ipv4.node))
})

test('the node and the machine have both ends of one cable, and no route beyond it', t => {
  t.is(nodeCommands(), [
    'link set lo up',
    'link set waylay-node up',
    'addr add 10.213.0.2/30 dev waylay-node',
    'route add 10.213.128.0/20 dev waylay-node',
    'addr add fd57:6179:6c61::2/126 dev waylay-node nodad',
    'route add fd57:6179:6c61:2::/112 dev waylay-node',
    ''
  ].join('\n'))
  t.regex(hostCommands(), /route add 10\.213\.128\.0\/20 via 10\.213\.0\.2 dev waylay-host\n/)
  t.notRegex(hostCommands() + nodeCommands(), /default/)
})

test('interface names fit into the kernel\'s 15 characters', t => {
  t.true(names.hostInterface.length <= 15 && names.nodeInterface.length <= 15)
})

test('containerd never lowers an OOM score and finds its sandbox image without a registry', t => {
  t.regex(containerdToml(), /^restrict_oom_score_adj = true$/m)
  t.regex(containerdToml(), /^sandbox_image = "waylay\.test\/pause:1"$/m)
})

test('the kubelet stays within the cluster\'s own cgroups and evicts nothing', t => {
  t.like(kubeletConfig(), { cgroupRoot: '/waylay-test-cluster', cgroupDriver: 'cgroupfs', clusterDNS: [dnsService] })
})

test('CoreDNS has nobody to ask about names outside the cluster', t => {
  t.regex(corefile(), /kubernetes cluster\.local/)
  t.notRegex(corefile(), /forward/)
})

test('the API server\'s certificate names its Service in both families and the node', t => {
  const wish = certificateWishes.find(({ file }) => file === 'apiserver')
  for (const name of ['DNS:kubernetes.default.svc', 'IP:10.213.128.1', 'IP:fd57:6179:6c61:2::1', 'IP:10.213.0.2']) {
    t.true(wish?.serverNames?.includes(name), name)
  }
})

test('a client\'s certificate carries user and group, and is none for servers', t => {
  const args = certificateArgs({ file: 'kubelet', commonName: 'system:node:a', organization: 'system:nodes' }, '/keys')
  t.true(args.includes('/O=system:nodes/CN=system:node:a'))
  t.true(args.includes('extendedKeyUsage=clientAuth'))
})

test('a kubeconfig carries its keys inside', t => {
  const made = kubeconfig('admin', Buffer.from('ca'), Buffer.from('certificate'), Buffer.from('key'))
  t.like(made, {
    'current-context': 'waylay-test',
    users: [{ name: 'admin', user: { 'client-key-data': Buffer.from('key').toString('base64') } }]
  })
})

test('versions are read out of go.mod, and a missing one is said', t => {
  const goMod = 'module a\n\nrequire k8s.io/kubernetes v1.34.4\n\nrequire (\n\tk8s.io/api v0.34.4\n)\n'
  t.is(versionIn(goMod, 'k8s.io/kubernetes'), 'v1.34.4')
  t.is(versionIn(goMod, 'k8s.io/api'), 'v0.34.4')
  t.throws(() => versionIn(goMod, 'k8s.io/klog'), { message: 'go.mod does not require k8s.io/klog' })
})

test('the build is told its version, because clients look at it', t => {
  t.regex(kubernetesLinkerFlags('v1.34.4'), /-X k8s\.io\/component-base\/version\.gitVersion=v1\.34\.4 /)
  t.regex(kubernetesLinkerFlags('v1.34.4'), /-X k8s\.io\/component-base\/version\.gitMinor=34 /)
})

test('Go 1.25 and newer will do', t => {
  t.deepEqual(['go1.26.8', 'go1.25rc1', 'go2.0', 'go1.24.9', 'go1.9', 'devel'].map(isNewEnough),
    [true, true, true, false, false, false])
})

function contains (range: string, address: string): boolean {
  const [network = '', prefix] = range.split('/')
  const family = network.includes(':') ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family)
  return list.check(address, family)
}
