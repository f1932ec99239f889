import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

// Columns of /proc/net/tcp (kernel: Documentation/networking/proc_net_tcp.rst): address:port in hexadecimal, 01 is
// ESTABLISHED.
const LINE = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) 01 /

/** A probe of the kubelet is led past the proxy on purpose, and over by then. */
const PROBE_MS = 250

/**
 * The connections of callers that reach an app port without passing the proxy: opened while the redirect was not
 * armed, direct for the rest of their life.
 *
 * @param isOwnPeer tells the proxy's own connections to the app, by the peer's address as the table writes it.
 * @returns their callers' addresses and ports, as the table writes them.
 */
export function findBypassing (table: string, port: number, isOwnPeer: (hexAddress: string) => boolean): string[] {
  const callers: string[] = []
  for (const line of table.split('\n')) {
    const [, own, ownPort, peer, peerPort] = LINE.exec(line) ?? []
    if (own === undefined || peer === undefined || ownPort === undefined) continue
    if (Number.parseInt(ownPort, 16) === port && peer !== own && !isOwnPeer(peer)) callers.push(`${peer}:${peerPort}`)
  }
  return callers
}

/** Counts those that are there for longer than a probe, in both families' tables. 0 where the kernel shows none. */
export async function countBypassing (port: number): Promise<number> {
  const first = new Set(await readBypassing(port))
  if (first.size === 0) return 0
  await delay(PROBE_MS)
  return (await readBypassing(port)).filter(caller => first.has(caller)).length
}

async function readBypassing (port: number): Promise<string[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(async path =>
    await readFile(path, 'latin1').catch(() => '')))
  return tables.flatMap(table => findBypassing(table, port, isProxyPeer))
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
