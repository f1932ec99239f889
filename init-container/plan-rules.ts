import { PORTS, PROXY_GID, SWITCH } from '../common/contract.ts'
import type { InjectedConfig } from '../common/injected.ts'

export type Family = 4 | 6

export type Table = 'mangle' | 'nat'

/** One iptables rule as data. `render-rules.ts` writes it down. */
export type Rule = {
  readonly table: Table
  readonly chain: string
  readonly match: readonly string[]
  /** Empty for a rule whose match does the work, as `recent --set` does. */
  readonly target: readonly string[]
  /** Why the rule is there: read by people, in `iptables-save` of a broken pod. */
  readonly comment: string
}

/** What the rules depend on. */
export type RuleConfig = Pick<InjectedConfig, 'ports' | 'detours'>

/** Our one chain in each table, and the built-in chain that jumps to it. */
export const CHAINS = {
  mangle: { name: 'WAYLAY_BEAT', hook: 'OUTPUT' },
  nat: { name: 'WAYLAY_INBOUND', hook: 'PREROUTING' }
} as const satisfies Record<Table, { readonly name: string, readonly hook: string }>

/**
 * Every rule of one family, in the order in which they must stand.
 *
 * The beats come first: where the second table fails, what is left is a switch that leads nowhere.
 */
export function planRules (config: RuleConfig, family: Family): readonly Rule[] {
  return [
    beatJump(),
    ...config.ports.flatMap(({ port, listener }) => [beat(port, listener, family), disarm(port, listener, family)]),
    inboundJump(),
    loopGuard(),
    // Probes come from the node, never from an address of the pod, so the guard does not keep them from their detour.
    ...config.detours.map(({ port, to }) => detour(port, to)),
    ...config.ports.map(({ port, listener }) => redirect(port, listener, family))
  ]
}

/** Name of the `recent` list that holds one port's stamp. The kernel keeps both families' lists in one place. */
export function switchName (port: number, family: Family): string {
  return family === 4 ? `waylay-${port}` : `waylay6-${port}`
}

/** Why each rule is there: read by people, in the rules of a broken pod. Every back end writes the same. */
export const commentOf = {
  beat: (port: number): string => `waylay: a beat of the proxy arms port ${port}`,
  disarm: (port: number): string => `waylay: the proxy or its supervisor disarms port ${port}`,
  loopGuard: (): string => 'waylay: what the pod sends to itself is never redirected',
  detour: (to: number): string => `waylay: probes of port ${to} reach the app without the proxy`,
  redirect: (port: number): string => `waylay: port ${port} goes to the proxy while it beats`
} as const

function beatJump (): Rule {
  const { name, hook } = CHAINS.mangle
  return rule('mangle', hook, ['-o', 'lo', '-p', 'udp'], ['-j', name], 'waylay: datagrams on lo may be beats of the proxy')
}

function beat (port: number, listener: number, family: Family): Rule {
  return datagram(port, listener, family, '--set', commentOf.beat(port))
}

function disarm (port: number, listener: number, family: Family): Rule {
  return datagram(port, listener + PORTS.disarmOffset, family, '--remove', commentOf.disarm(port))
}

/** Only the sidecar's gid may touch the switch: the app's container shares the network, not the gid. */
function datagram (port: number, to: number, family: Family, action: string, comment: string): Rule {
  const loopback = family === 4 ? '127.0.0.1/32' : '::1/128'
  return rule('mangle', CHAINS.mangle.name, [
    '-d', loopback, '-p', 'udp', '-m', 'udp', '--dport', String(to),
    '-m', 'owner', '--gid-owner', String(PROXY_GID),
    '-m', 'recent', '--name', switchName(port, family), action, '--mask', oneEntryMask(family)
  ], [], comment)
}

function inboundJump (): Rule {
  const { name, hook } = CHAINS.nat
  return rule('nat', hook, [], ['-j', name], 'waylay: connections into the pod')
}

/** Some kernels (lima, colima) lead pod -> own address back in here: the proxy would be redirected to itself. */
function loopGuard (): Rule {
  const match = ['-m', 'addrtype', '--src-type', 'LOCAL']
  return rule('nat', CHAINS.nat.name, match, ['-j', 'RETURN'], commentOf.loopGuard())
}

/** Depends on no switch: a probe must fail when the app is dead, and only then. */
function detour (port: number, to: number): Rule {
  const match = ['-p', 'tcp', '-m', 'tcp', '--dport', String(port)]
  return rule('nat', CHAINS.nat.name, match, redirectTo(to), commentOf.detour(to))
}

/** The only redirect of app traffic there is: it matches while the last beat is fresh, and never without one. */
function redirect (port: number, listener: number, family: Family): Rule {
  return rule('nat', CHAINS.nat.name, [
    '-p', 'tcp', '-m', 'tcp', '--dport', String(port),
    '-m', 'recent', '--name', switchName(port, family), '--rcheck', '--seconds', String(SWITCH.holdSeconds),
    '--mask', oneEntryMask(family)
  ], redirectTo(listener), commentOf.redirect(port))
}

function redirectTo (port: number): readonly string[] {
  return ['-j', 'REDIRECT', '--to-ports', String(port)]
}

/** With this mask every address falls on one entry of the list, so a beat on lo counts for every caller. */
function oneEntryMask (family: Family): string {
  return family === 4 ? '0.0.0.0' : '::'
}

function rule (
  table: Table, chain: string, match: readonly string[], target: readonly string[], comment: string
): Rule {
  return { table, chain, match, target, comment }
}
