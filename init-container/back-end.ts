import { WaylayError } from '../common/errors.ts'
import { parseSavedRules, type FoundRules } from './found-rules.ts'
import { planRules, type Family, type RuleConfig } from './plan-rules.ts'
import { renderRemoval, renderRules } from './render-rules.ts'
import { describeFailure, type Run } from './run.ts'

/** One way to get the rules into the kernel. Native nftables will be another. */
export type BackEnd = {
  readonly name: string
  /** @throws {WaylayError} `WAYLAY_REDIRECT_FAILED` when this back end cannot be used here. */
  readonly read: (family: Family) => FoundRules
  /** Writes all rules of a family over those of an earlier run. @throws as `read`; some may be left then. */
  readonly write: (config: RuleConfig, family: Family) => void
  /** Takes away whatever there is of ours. @throws as `read`. */
  readonly remove: (family: Family) => void
}

/** nft before legacy: where both can, it needs no NET_RAW and no lock file. */
export const IPTABLES_NAMES = ['nft', 'legacy'] as const

/** One of the two programs that call themselves iptables. */
export function createIptables (name: typeof IPTABLES_NAMES[number], run: Run): BackEnd {
  const read = (family: Family): FoundRules => {
    // Without -t: naming a table would make the legacy back end create it, and the pod look like one that uses it.
    return parseSavedRules(runOrThrow(run, program(name, family, 'save'), []))
  }
  const restore = (family: Family, input: string): void => {
    if (input !== '') runOrThrow(run, program(name, family, 'restore'), ['--noflush', '--wait=5'], input)
  }
  return {
    name: `iptables-${name}`,
    read,
    write: (config, family) => {
      const rules = planRules(config, family)
      const withJump = read(family).jumps.map(({ table }) => table)
      try {
        restore(family, renderRules(rules, { withJump, withComments: true }))
      } catch (error) {
        // The first table may have been taken, so what is there is read again.
        const withJump = read(family).jumps.map(({ table }) => table)
        const plain = renderRules(rules, { withJump, withComments: false })
        // The first complaint is the better one: the second is about a rule set nobody asked for.
        if (!tryTo(() => restore(family, plain))) throw error
      }
    },
    remove: family => restore(family, renderRemoval(read(family)))
  }
}

function program (name: string, family: Family, verb: 'save' | 'restore'): string {
  return `${family === 4 ? 'iptables' : 'ip6tables'}-${name}-${verb}`
}

function runOrThrow (run: Run, command: string, args: readonly string[], stdin?: string): string {
  const result = run(command, args, stdin)
  if (result.code === 0) return result.stdout
  throw new WaylayError('WAYLAY_REDIRECT_FAILED', describeFailure(command, result))
}

function tryTo (action: () => void): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}
