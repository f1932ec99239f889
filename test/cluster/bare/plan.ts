import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the cluster lives on this machine. One bare cluster per machine: its addresses are fixed. */
export const paths = {
  /** All of a running cluster; removed when it goes down. Not below /var/lib, /var/log or /run: see holder.ts. */
  state: '/var/opt/waylay-test-cluster',
  networkNamespace: '/run/netns/waylay-test',
  goSources: join(import.meta.dirname, 'go')
} as const

/** A file or folder below the state folder. */
export function inState (...names: readonly string[]): string {
  return join(paths.state, ...names)
}

/** Names the kernel and Kubernetes know the cluster by. */
export const names = {
  networkNamespace: 'waylay-test',
  node: 'waylay-test',
  cgroup: 'waylay-test-cluster',
  hostInterface: 'waylay-host',
  nodeInterface: 'waylay-node',
  pauseImage: 'waylay.test/pause:1'
} as const

/** One address family of the cluster. The link's host end plays the developer's laptop. */
export type Family = {
  readonly host: string
  readonly node: string
  readonly linkPrefix: number
  readonly pods: string
  readonly services: string
  /** The first of the Service range: what `kubernetes.default` is. */
  readonly apiService: string
}

export const ipv4: Family = {
  host: '10.213.0.1',
  node: '10.213.0.2',
  linkPrefix: 30,
  pods: '10.213.64.0/24',
  services: '10.213.128.0/20',
  apiService: '10.213.128.1'
}

/** A unique local prefix of our own (RFC 4193), so that it clashes with nobody's. */
export const ipv6: Family = {
  host: 'fd57:6179:6c61::1',
  node: 'fd57:6179:6c61::2',
  linkPrefix: 126,
  pods: 'fd57:6179:6c61:1::/64',
  services: 'fd57:6179:6c61:2::/112',
  apiService: 'fd57:6179:6c61:2::1'
}

export const families: readonly Family[] = [ipv4, ipv6]

export const dnsService = '10.213.128.10'
export const apiPort = 6443
export const etcdUrl = 'http://127.0.0.1:2379'
/** CoreDNS says here whether it serves. Not 8181, its default: pods in the host's network may want that one. */
export const dnsReadyPort = 18181

/** Reads a requirement out of a go.mod, so that a version is written down in one place only. */
export function versionIn (goMod: string, module: string): string {
  const found = new RegExp(`^\\s*(?:require )?${module.replaceAll('.', '\\.')} (v\\S+)`, 'm').exec(goMod)
  if (found?.[1] === undefined) throw new Error(`go.mod does not require ${module}`)
  return found[1]
}

/** The Kubernetes that is built, "v1.34.4". */
export function kubernetesVersion (): string {
  return versionIn(readFileSync(join(paths.goSources, 'kubernetes', 'go.mod'), 'utf8'), 'k8s.io/kubernetes')
}
