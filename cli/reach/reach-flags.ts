import type { Command } from 'commander'
import { parseReach, parseSocksPort, type ReachWish } from './reach-wish.ts'

/** What the command line says about reaching the cluster from this machine. */
export type ReachFlags = {
  readonly reach?: readonly ReachWish[]
  /** Port of this machine. */
  readonly socks?: number
}

/** Adds the flags that open ways from this machine into the cluster. */
export function addReachOptions (command: Command): Command {
  return command
    .option('--reach <host:port[=port]>', 'a port of this machine that leads to a host inside the cluster; may be repeated', collectReach)
    .option('--socks <port>', 'a SOCKS5 proxy on this port of this machine that knows the names of the cluster', parseSocksPort)
}

function collectReach (text: string, before: readonly ReachWish[] = []): readonly ReachWish[] {
  return [...before, parseReach(text)]
}
