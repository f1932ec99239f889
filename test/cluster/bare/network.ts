import { access, readFile, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { run } from '../run.ts'
import { families, names, paths } from './plan.ts'

/**
 * A namespace with one cable to this machine and no route beyond it: no packet of the cluster can leave the machine.
 * The machine gets routes to pods and Services, so that a test can reach them as a developer on a VPN would.
 */
export async function makeNetwork (): Promise<void> {
  await refuseClash()
  await run('ip', ['netns', 'add', names.networkNamespace])
  await inNamespace('sh', ['-c', namespaceSettings])
  await run('ip', ['link', 'add', names.hostInterface, 'type', 'veth',
    'peer', 'name', names.nodeInterface, 'netns', names.networkNamespace])
  await run('sh', ['-c', `echo 0 > /proc/sys/net/ipv6/conf/${names.hostInterface}/disable_ipv6`])
  await inNamespace('ip', ['-batch', '-'], nodeCommands())
  await run('ip', ['-batch', '-'], { input: hostCommands() })
}

/** Removes both; the cable first, because a namespace's own end is only collected some time after it is gone. */
export async function removeNetwork (): Promise<void> {
  if (await exists(`/sys/class/net/${names.hostInterface}`)) await run('ip', ['link', 'del', names.hostInterface])
  if (await exists(paths.networkNamespace)) await run('ip', ['netns', 'del', names.networkNamespace])
}

/** Whether this machine had named namespaces before: the first `ip netns add` makes a mount for them, which stays. */
export async function hasNamespaceFolder (): Promise<boolean> {
  return (await readFile('/proc/self/mounts', 'utf8')).includes(` ${namespaceFolder} `)
}

/** Removes that mount, unless somebody else's namespaces are in it by now. */
export async function removeNamespaceFolder (): Promise<void> {
  await run('umount', [namespaceFolder]).catch(() => {})
  await rmdir(namespaceFolder).catch(() => {})
}

const namespaceFolder = dirname(paths.networkNamespace)

// Forwarding is what makes a node of it; whatever this machine filters by reverse path must not be inherited. Addresses
// are ours alone, so nobody has to be asked whether they are taken (that costs each pod a second).
const namespaceSettings = `
  echo 1 > /proc/sys/net/ipv4/ip_forward
  echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
  for setting in all default; do
    echo 0 > /proc/sys/net/ipv4/conf/$setting/rp_filter
    echo 0 > /proc/sys/net/ipv6/conf/$setting/disable_ipv6
    echo 0 > /proc/sys/net/ipv6/conf/$setting/accept_dad
  done`

/** What `ip -batch` does inside the namespace. */
export function nodeCommands (): string {
  return [
    'link set lo up',
    `link set ${names.nodeInterface} up`,
    ...families.flatMap(({ node, linkPrefix, services }) => [
      `addr add ${node}/${linkPrefix} dev ${names.nodeInterface}${quick(node)}`,
      // The API server calls webhooks by a Service's address, and a packet without a route never reaches the rule that
      // would give it a pod's.
      `route add ${services} dev ${names.nodeInterface}`
    ])
  ].join('\n') + '\n'
}

/** What `ip -batch` does on this machine. */
export function hostCommands (): string {
  return [
    `link set ${names.hostInterface} up`,
    ...families.flatMap(({ host, node, linkPrefix, pods, services }) => [
      `addr add ${host}/${linkPrefix} dev ${names.hostInterface}${quick(host)}`,
      ...[pods, services].map(range => `route add ${range} via ${node} dev ${names.hostInterface}`)
    ])
  ].join('\n') + '\n'
}

/** IPv6 addresses are usable at once without duplicate address detection. */
function quick (address: string): string {
  return address.includes(':') ? ' nodad' : ''
}

async function refuseClash (): Promise<void> {
  for (const range of families.flatMap(({ host, linkPrefix, pods, services }) => [`${host}/${linkPrefix}`, pods, services])) {
    const routes = await run('ip', [range.includes(':') ? '-6' : '-4', 'route', 'show', 'to', 'match', range])
    const taken = routes.split('\n').find(line => line !== '' && !line.startsWith('default'))
    if (taken !== undefined) throw new Error(`This machine already has a route for the test cluster's ${range}: ${taken}`)
  }
}

async function inNamespace (program: string, args: readonly string[], input?: string): Promise<void> {
  await run('nsenter', [`--net=${paths.networkNamespace}`, '--', program, ...args], input === undefined ? {} : { input })
}

async function exists (path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false)
}
