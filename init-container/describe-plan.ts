import { renderNftRules } from './nft-rules.ts'
import { planRules, type Family, type RuleConfig } from './plan-rules.ts'
import { renderRules } from './render-rules.ts'
import { planAddresses } from './source-addresses.ts'

const FAMILIES = [4, 6] as const satisfies readonly Family[]

/** What a dry run prints: the very input that the commands would get in a pod with addresses of both families. */
export function describePlan (config: RuleConfig): string {
  return FAMILIES.map(family => [
    `# IPv${family}: ip -batch -`,
    ...planAddresses([family], 'replace'),
    `# IPv${family}: ${family === 4 ? 'iptables' : 'ip6tables'}-nft-restore --noflush (or -legacy-restore)`,
    renderRules(planRules(config, family), { withJump: [], withComments: true }),
    `# IPv${family}, where iptables takes no such rules: nft -f -`,
    renderNftRules(config, family)
  ].join('\n')).join('\n')
}
