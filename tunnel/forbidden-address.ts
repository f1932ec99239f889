import { BlockList, isIP } from 'node:net'

/** Never reached for a developer, whatever anybody consents to: what it leads to trusts whoever can reach it. */
const FORBIDDEN: readonly (readonly [net: string, prefix: number, why: string])[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['127.0.0.0', 8, 'loopback'],
  // Metadata services of clouds among them: 169.254.169.254, 169.254.170.2.
  ['169.254.0.0', 16, 'link-local'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
  // Metadata services that are not link-local: Azure, Alibaba, Oracle, AWS (also EKS), Google.
  ['168.63.129.16', 32, 'a metadata service'],
  ['100.100.100.200', 32, 'a metadata service'],
  ['192.0.0.192', 32, 'a metadata service'],
  ['fd00:ec2::', 32, 'a metadata service'],
  ['fd20:ce::254', 128, 'a metadata service'],
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  // IPv4 written as IPv6, but for the two ways below that can be read: nobody needs the others.
  ['::', 96, 'an IPv4 address in disguise'],
  ['::ffff:0:0:0', 96, 'an IPv4 address in disguise'],
  ['64:ff9b:1::', 48, 'an IPv4 address in disguise'],
  ['2002::', 16, 'an IPv4 address in disguise'],
  ['2001::', 32, 'an IPv4 address in disguise'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'link-local'],
  ['ff00::', 8, 'multicast']
]

const LISTS = FORBIDDEN.map(([net, prefix, why]) => {
  const list = new BlockList()
  list.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4')
  return { list, why, family: net.includes(':') ? 6 : 4 }
})

/**
 * Why an address is never called on a developer's word; undefined where it may be.
 *
 * @param address an IP address in any spelling that `net.isIP` takes; a name is refused, it must be resolved first.
 * @param own addresses of whoever would call: what listens there takes its callers for processes of the same machine.
 */
export function whyForbidden (address: string, own: readonly string[] = []): string | undefined {
  if (isIP(address) === 0 || address.includes('%')) return `"${address.slice(0, 64)}" is not an IP address`
  const plain = embeddedIpv4(address) ?? address
  const found = LISTS.find(({ list, family }) => family === isIP(plain) && list.check(plain, family === 6 ? 'ipv6' : 'ipv4'))
  if (found !== undefined) return `${address} is ${found.why}`
  return own.some(other => isSame(other, plain)) ? `${address} is an address of the pod itself` : undefined
}

/** Whether two spellings mean the same address. */
export function isSame (a: string, b: string): boolean {
  const family = isIP(a)
  if (family === 0 || family !== isIP(b)) return false
  const list = new BlockList()
  list.addAddress(a.split('%', 1)[0] ?? '', family === 6 ? 'ipv6' : 'ipv4')
  return list.check(b, family === 6 ? 'ipv6' : 'ipv4')
}

/** The IPv4 address in `::ffff:a.b.c.d` and in the well-known prefix of NAT64 (RFC 6052), however it is written. */
function embeddedIpv4 (address: string): string | undefined {
  if (isIP(address) !== 6) return undefined
  // The URL parser writes each address in one way, in hexadecimal.
  const written = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const match = /^(?:::ffff|64:ff9b:):(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/.exec(written)
  if (match === null) return undefined
  const [high, low] = [Number.parseInt(match[1] ?? '0', 16), Number.parseInt(match[2] ?? '0', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
