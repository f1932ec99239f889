import type { BackEnd } from './back-end.ts'
import { hasNftTable, parseNftRuleset } from './nft-found.ts'
import { NFT_TABLE, nftFamily, renderNftRules } from './nft-rules.ts'
import { describeFailure, runOrThrow, type Run } from './run.ts'

/** Native nftables, for kernels without xtables matches. Everything of ours is one table of each family. */
export function createNftables (run: Run): BackEnd {
  return {
    name: 'nftables',
    read: family => parseNftRuleset(runOrThrow(run, 'nft', ['--json', 'list', 'ruleset']), family),
    write: (config, family) => {
      runOrThrow(run, 'nft', ['-f', '-'], renderNftRules(config, family))
    },
    remove: family => {
      if (!hasNftTable(runOrThrow(run, 'nft', ['--json', 'list', 'tables']), family)) return []
      const result = run('nft', ['delete', 'table', nftFamily(family), NFT_TABLE])
      return result.code === 0 ? [] : [`Left behind: ${describeFailure('nft', result)}`]
    }
  }
}
