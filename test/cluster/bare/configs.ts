import { writeFile } from 'node:fs/promises'
import { both, configFiles } from './components.ts'
import { kubeconfigPath } from './kubeconfig.ts'
import { dnsReadyPort, dnsService, inState, ipv4, ipv6, names } from './plan.ts'
import { writePodNetwork } from './pod-network.ts'

/** Writes every configuration file of the cluster. */
export async function writeConfigs (): Promise<void> {
  await Promise.all([
    writeFile(configFiles.containerd, containerdToml()),
    writeFile(configFiles.kubelet, JSON.stringify(kubeletConfig(), undefined, 2)),
    writeFile(configFiles.kubeProxy, JSON.stringify(kubeProxyConfig(), undefined, 2)),
    writeFile(configFiles.corefile, corefile()),
    writeFile(configFiles.resolvConf, `nameserver ${ipv4.node}\n`),
    writePodNetwork()
  ])
}

/** containerd's configuration, in TOML. */
export function containerdToml (): string {
  return `version = 2
root = ${quoted(inState('containerd'))}
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
address = ${quoted(containerdSocket)}

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = ${quoted(names.pauseImage)}
# Without CAP_SYS_RESOURCE nobody may lower an OOM score, and runc dies trying ("can't get final child's PID from pipe").
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = ${quoted(configFiles.cniPrograms)}
conf_dir = ${quoted(configFiles.cni)}
`
}

/** Reachable from this machine too: images are loaded through it. */
export const containerdSocket = inState('containerd.sock')

/** Pods start fast, and nothing is ever evicted: the machine's disk is not the cluster's business. */
export function kubeletConfig (): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${names.cgroup}`,
    resolvConf: configFiles.resolvConf,
    clusterDomain: 'cluster.local',
    clusterDNS: [dnsService],
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: inState('keys', 'ca.crt') } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: inState('keys', 'kubelet-server.crt'),
    tlsPrivateKeyFile: inState('keys', 'kubelet-server.key'),
    podLogsDir: inState('pod-logs'),
    volumePluginDir: inState('volume-plugins'),
    failSwapOn: false,
    evictionHard: { 'memory.available': '1%', 'nodefs.available': '1%', 'imagefs.available': '1%', 'nodefs.inodesFree': '1%' },
    // An image that was loaded but not used yet must not be collected.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
    // The default of 110 leaves no room for fifty environments of two pods each beside all the rest.
    maxPods: 250,
    syncFrequency: '10s',
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    // Lowering it needs a capability the machine may not have.
    oomScoreAdj: 0,
    enableServer: true
  }
}

/** kube-proxy's configuration: endpoints change rules at once, and the machine's connection tracking stays as it is. */
export function kubeProxyConfig (): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    hostnameOverride: names.node,
    clusterCIDR: both('pods'),
    clientConnection: { kubeconfig: kubeconfigPath('kube-proxy'), qps: 100, burst: 200 },
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { minSyncPeriod: '100ms', syncPeriod: '30s' },
    oomScoreAdj: 0,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249'
  }
}

/** Answers for the cluster's names only: there is no way out of the cluster, so there is nobody to ask about others. */
export function corefile (): string {
  return `.:53 {
  bind ${ipv4.node} ${ipv6.node}
  errors
  ready ${ipv4.node}:${dnsReadyPort}
  cache 2
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfigPath('coredns')}
    pods insecure
    ttl 2
  }
}
`
}

function quoted (text: string): string {
  return JSON.stringify(text)
}
