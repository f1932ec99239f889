import { readFile } from 'node:fs/promises'

// Columns of /proc/net/tcp (kernel: Documentation/networking/proc_net_tcp.rst): address:port in hexadecimal, 01 is
// ESTABLISHED.
const LINE = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):[0-9A-F]{4} 01 /

/**
 * Counts the connections of callers that reach an app port without passing the proxy: opened while the redirect was
 * not armed, direct for the rest of their life.
 *
 * @param isOwnPeer tells the proxy's own connections to the app, by the peer's address as the table writes it.
 */
export function countBypassing (table: string, port: number, isOwnPeer: (hexAddress: string) => boolean): number {
  let count = 0
  for (const line of table.split('\n')) {
    const [, own, ownPort, peer] = LINE.exec(line) ?? []
    if (own === undefined || peer === undefined || ownPort === undefined) continue
    if (Number.parseInt(ownPort, 16) === port && peer !== own && !isOwnPeer(peer)) count++
  }
  return count
}

/** Reads both families' tables. 0 where the kernel does not show them. */
export async function readBypassing (port: number): Promise<number> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(async path =>
    await readFile(path, 'latin1').catch(() => '')))
  return tables.reduce((sum, table) => sum + countBypassing(table, port, isProxyPeer), 0)
}

// fd77:6179:6c61:79::/64, as the kernel writes it: word by word, each little-endian.
const IPV4_MAPPED = '0000000000000000FFFF0000'
const IPV6_LOOPBACK = '00000000000000000000000001000000'
const IPV6_PREFIX = '796177FD7900616C'

function isProxyPeer (hexAddress: string): boolean {
  // 127.0.0.1, and 169.254.15.0/24: little-endian, so the prefix stands at the end.
  if (hexAddress.length === 8) return hexAddress === '0100007F' || hexAddress.endsWith('0FFEA9')
  // An IPv4 caller of a dual-stack listener.
  if (hexAddress.startsWith(IPV4_MAPPED)) return isProxyPeer(hexAddress.slice(IPV4_MAPPED.length))
  return hexAddress.startsWith(IPV6_PREFIX) || hexAddress === IPV6_LOOPBACK
}
