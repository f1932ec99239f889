import { createIptables, IPTABLES_NAMES, type BackEnd } from './back-end.ts'
import { createNftables } from './nftables.ts'
import type { Run } from './run.ts'

/** All of them, in the order in which they are tried: iptables is what people look for first in a broken pod. */
export function createBackEnds (run: Run): readonly BackEnd[] {
  return [...IPTABLES_NAMES.map(name => createIptables(name, run)), createNftables(run)]
}
