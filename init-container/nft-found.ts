import { WaylayError } from '../common/errors.ts'
import type { FoundRules } from './found-rules.ts'
import { NFT_TABLE, nftFamily } from './nft-rules.ts'
import { CHAINS, type Family } from './plan-rules.ts'

type Item = {
  readonly table?: { readonly family: string, readonly name: string }
  readonly chain?: InTable & { readonly name: string, readonly type?: string, readonly hook?: string }
  readonly rule?: InTable & { readonly chain: string, readonly expr?: readonly Statement[] }
}

type InTable = { readonly family: string, readonly table: string }

type Statement = { readonly jump?: { readonly target?: string } }

/**
 * Reads the output of `nft --json list ruleset` (libnftables-json(5)) for one family.
 *
 * `ruleCount` counts our own only: whatever else speaks nftables here, iptables-nft does too and is the better known.
 *
 * @throws {WaylayError} `WAYLAY_REDIRECT_FAILED` when it is something else.
 */
export function parseNftRuleset (text: string, family: Family): FoundRules {
  const items = readItems(text)
  const own = nftFamily(family)
  const isOurs = ({ family, table }: InTable): boolean => family === own && table === NFT_TABLE
  const hooked = new Set(items.flatMap(({ chain }) =>
    chain?.type === 'nat' && chain.hook === 'prerouting' && [own, 'inet'].includes(chain.family) && !isOurs(chain)
      ? [keyOf(chain.family, chain.table, chain.name)]
      : []))
  const rules = items.flatMap(({ rule }) => rule === undefined ? [] : [rule])
  const foreign = rules.filter(({ family, table, chain, expr = [] }) => hooked.has(keyOf(family, table, chain)) &&
    // What iptables-nft wrote for us at an earlier time.
    !expr.some(({ jump }) => jump?.target === CHAINS.nat.name))
  return {
    ruleCount: rules.filter(isOurs).length,
    jumps: [],
    chains: [],
    foreign: foreign.map(({ family, table, chain, expr }) => `${family} ${table} ${chain}: ${JSON.stringify(expr)}`)
  }
}

/** Whether our table of a family is in the output of `nft --json list tables`. */
export function hasNftTable (text: string, family: Family): boolean {
  return readItems(text).some(({ table }) => table?.family === nftFamily(family) && table.name === NFT_TABLE)
}

function keyOf (...names: readonly string[]): string {
  return names.join(' ')
}

function readItems (text: string): readonly Item[] {
  try {
    const { nftables } = JSON.parse(text) as { readonly nftables?: readonly Item[] }
    if (nftables !== undefined) return nftables
  } catch {}
  throw new WaylayError('WAYLAY_REDIRECT_FAILED', `nft --json printed something else: ${text.slice(0, 80)}`)
}
