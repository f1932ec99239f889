import { join } from 'node:path'
import { kubeconfigPath } from './kubeconfig.ts'
import {
  apiPort, dnsReadyPort, etcdUrl, families, inState, ipv4, names, type Family
} from './plan.ts'

/** The parts of the cluster, in the order in which they depend on each other. */
export const componentNames = [
  'etcd', 'containerd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns'
] as const
export type ComponentName = typeof componentNames[number]

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: readonly string[]]

/** Where the configuration files lie that the commands name. */
export const configFiles = {
  containerd: inState('containerd.toml'),
  kubelet: inState('kubelet.json'),
  kubeProxy: inState('kube-proxy.json'),
  corefile: inState('Corefile'),
  cni: inState('cni'),
  cniPrograms: inState('cni-programs'),
  resolvConf: inState('resolv.conf')
} as const

/** The programs as the cluster's own processes see them (see holder.ts: the cache is mounted there). */
export const binFolders = {
  kubernetes: inState('bin', 'kubernetes'),
  coredns: inState('bin', 'coredns'),
  pause: inState('bin', 'pause')
} as const

/** Every command line of the cluster, as data. */
export function componentCommands (): Readonly<Record<ComponentName, Command>> {
  return {
    etcd: [...program('etcd'), ...flags({
      name: names.node,
      'data-dir': inState('etcd'),
      'listen-client-urls': etcdUrl,
      'advertise-client-urls': etcdUrl,
      'listen-peer-urls': 'http://127.0.0.1:2380',
      'initial-advertise-peer-urls': 'http://127.0.0.1:2380',
      'initial-cluster': `${names.node}=http://127.0.0.1:2380`,
      // The data dies with the cluster, so nothing is gained by waiting for the disk at each write.
      'unsafe-no-fsync': 'true',
      'log-level': 'warn'
    })],
    containerd: ['containerd', '--config', configFiles.containerd],
    'kube-apiserver': [...program('kube-apiserver'), ...flags(apiServerFlags())],
    'kube-controller-manager': [...program('kube-controller-manager'), ...flags(controllerManagerFlags())],
    'kube-scheduler': [...program('kube-scheduler'), ...flags({
      kubeconfig: kubeconfigPath('scheduler'),
      'leader-elect': 'false',
      'bind-address': '127.0.0.1',
      'kube-api-qps': '500',
      'kube-api-burst': '1000'
    })],
    kubelet: [...program('kubelet'), ...flags({
      config: configFiles.kubelet,
      kubeconfig: kubeconfigPath('kubelet'),
      'root-dir': inState('kubelet'),
      'hostname-override': names.node,
      'node-ip': families.map(({ node }) => node).join(',')
    })],
    'kube-proxy': [...program('kube-proxy'), ...flags({ config: configFiles.kubeProxy })],
    coredns: [join(binFolders.coredns, 'coredns'), '-conf', configFiles.corefile, '-quiet']
  }
}

function apiServerFlags (): Readonly<Record<string, string>> {
  const key = (file: string) => inState('keys', file)
  return {
    'etcd-servers': etcdUrl,
    'bind-address': '::',
    'secure-port': String(apiPort),
    'advertise-address': ipv4.node,
    'service-cluster-ip-range': both('services'),
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': 'true',
    'client-ca-file': key('ca.crt'),
    'tls-cert-file': key('apiserver.crt'),
    'tls-private-key-file': key('apiserver.key'),
    'kubelet-certificate-authority': key('ca.crt'),
    'kubelet-client-certificate': key('apiserver-kubelet-client.crt'),
    'kubelet-client-key': key('apiserver-kubelet-client.key'),
    // Otherwise logs, exec and port-forward look the node's name up in a DNS that does not know it.
    'kubelet-preferred-address-types': 'InternalIP',
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': key('service-account.key'),
    'service-account-signing-key-file': key('service-account.key'),
    // Nobody waits for a graceful end of a cluster that is about to be deleted.
    'shutdown-delay-duration': '0s'
  }
}

function controllerManagerFlags (): Readonly<Record<string, string>> {
  return {
    kubeconfig: kubeconfigPath('controller-manager'),
    'leader-elect': 'false',
    'bind-address': '127.0.0.1',
    'allocate-node-cidrs': 'true',
    'cluster-cidr': both('pods'),
    'service-cluster-ip-range': both('services'),
    // The ranges are one node's share exactly, which is what the CNI configuration says too.
    'node-cidr-mask-size-ipv4': '24',
    'node-cidr-mask-size-ipv6': '64',
    'use-service-account-credentials': 'true',
    'service-account-private-key-file': inState('keys', 'service-account.key'),
    'root-ca-file': inState('keys', 'ca.crt'),
    'cluster-signing-cert-file': inState('keys', 'ca.crt'),
    'cluster-signing-key-file': inState('keys', 'ca.key'),
    'kube-api-qps': '500',
    'kube-api-burst': '1000',
    // Its default is a folder of the machine, which it makes.
    'flex-volume-plugin-dir': inState('volume-plugins'),
    // Tests look at how fast endpoints follow pods: the controllers shall not add delays of their own.
    'concurrent-endpoint-syncs': '10',
    'concurrent-service-endpoint-syncs': '10'
  }
}

/** Where CoreDNS says that it serves. */
export const dnsReadyUrl = `http://${ipv4.node}:${dnsReadyPort}/ready`

/** One field of both families, as the flags of dual-stack parts want it. */
export function both (field: keyof Family): string {
  return families.map(family => family[field]).join(',')
}

function program (name: string): Command {
  return [join(binFolders.kubernetes, name)]
}

function flags (values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`)
}
