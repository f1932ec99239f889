import { parseSavedRules, type FoundRules } from './found-rules.ts'
import { planRules, type Family, type RuleConfig } from './plan-rules.ts'
import { planRemoval, renderRules } from './render-rules.ts'
import { describeFailure, runOrThrow, type Run } from './run.ts'

/** One way to get the rules into the kernel. */
export type BackEnd = {
  readonly name: string
  /** @throws {WaylayError} `WAYLAY_REDIRECT_FAILED` when this back end cannot be used here. */
  readonly read: (family: Family) => FoundRules
  /** Writes all rules of a family over those of an earlier run. @throws as `read`; some may be left then. */
  readonly write: (config: RuleConfig, family: Family) => void
  /** Takes away whatever there is of ours. @returns what could not be taken away, in words. @throws as `read`. */
  readonly remove: (family: Family) => readonly string[]
}

/** nft before legacy: where both can, it needs no NET_RAW and no lock file. */
export const IPTABLES_NAMES = ['nft', 'legacy'] as const

/** Only the legacy back end has a lock, and only a mesh's init container could hold it. */
const LOCK_WAIT_SECONDS = '5'

/** One of the two programs that call themselves iptables. */
export function createIptables (name: typeof IPTABLES_NAMES[number], run: Run): BackEnd {
  const read = (family: Family): FoundRules => {
    // Without -t: naming a table would make the legacy back end create it, and the pod look like one that uses it.
    return parseSavedRules(runOrThrow(run, program(name, family, 'save'), []))
  }
  const restore = (family: Family, input: string): void => {
    runOrThrow(run, program(name, family, 'restore'), ['--noflush', `--wait=${LOCK_WAIT_SECONDS}`], input)
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
    remove: family => {
      const command = program(name, family)
      const results = planRemoval(read(family)).map(args => run(command, ['-w', LOCK_WAIT_SECONDS, ...args]))
      return results.filter(({ code }) => code !== 0).map(result => `Left behind: ${describeFailure(command, result)}`)
    }
  }
}

function program (name: string, family: Family, verb?: 'save' | 'restore'): string {
  return [family === 4 ? 'iptables' : 'ip6tables', name, verb].filter(Boolean).join('-')
}

function tryTo (action: () => void): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}
