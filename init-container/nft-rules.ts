import { PORTS, PROXY_GID, SWITCH } from '../common/contract.ts'
import { commentOf, type Family, type RuleConfig } from './plan-rules.ts'

/** Our one table of each family. Others' rules are never in it, so it is replaced and deleted as a whole. */
export const NFT_TABLE = 'waylay'

/** The same rules as `planRules`, in nftables' own language, for kernels that ship none of the xtables matches. */
export function renderNftRules ({ ports, detours }: RuleConfig, family: Family): string {
  const table = `table ${nftFamily(family)} ${NFT_TABLE}`
  return [
    // Adding what is there is no error, deleting what is not is one. All of the input is one transaction.
    `add ${table}`,
    `delete ${table}`,
    `${table} {`,
    ...ports.flatMap(({ port }) => armedSet(port)),
    ...chain('beat', 'filter hook output priority mangle', ports.flatMap(({ port, listener }) => [
      datagram(port, listener, family, 'update', commentOf.beat(port)),
      datagram(port, listener + PORTS.disarmOffset, family, 'delete', commentOf.disarm(port))
    ])),
    ...chain('inbound', 'nat hook prerouting priority dstnat', [
      `fib saddr type local return ${comment(commentOf.loopGuard())}`,
      ...detours.map(({ port, to }) => `tcp dport ${port} redirect to :${to} ${comment(commentOf.detour(to))}`),
      ...ports.map(({ port, listener }) =>
        `tcp dport ${port} ${ONE_KEY} @${setName(port)} redirect to :${listener} ${comment(commentOf.redirect(port))}`)
    ]),
    '}',
    ''
  ].join('\n')
}

/** What nftables calls a family. */
export function nftFamily (family: Family): 'ip' | 'ip6' {
  return family === 4 ? 'ip' : 'ip6'
}

/**
 * A set takes no constant for a key, only something of the packet. This is the same for every packet of a family, so a
 * set has one element: what the mask is to `recent`.
 */
const ONE_KEY = 'meta protocol'

function setName (port: number): string {
  return `armed-${port}`
}

function armedSet (port: number): readonly string[] {
  return [
    `  set ${setName(port)} {`,
    '    type ether_type',
    '    flags dynamic, timeout',
    `    timeout ${SWITCH.holdSeconds}s`,
    '  }'
  ]
}

function datagram (port: number, to: number, family: Family, action: 'update' | 'delete', why: string): string {
  const loopback = family === 4 ? 'ip daddr 127.0.0.1' : 'ip6 daddr ::1'
  return `oifname "lo" ${loopback} udp dport ${to} meta skgid ${PROXY_GID} ` +
    `${action} @${setName(port)} { ${ONE_KEY} } ${comment(why)}`
}

function chain (name: string, hook: string, rules: readonly string[]): readonly string[] {
  return [`  chain ${name} {`, `    type ${hook}; policy accept;`, ...rules.map(rule => `    ${rule}`), '  }']
}

function comment (why: string): string {
  return `comment "${why}"`
}
