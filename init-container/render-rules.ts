import type { FoundRules } from './found-rules.ts'
import { CHAINS, type Rule, type Table } from './plan-rules.ts'

export type RenderOptions = {
  /** Tables in which the jump to our chain is already there. */
  readonly withJump: readonly Table[]
  /** False for a kernel without the comment match. */
  readonly withComments: boolean
}

const TABLES = ['mangle', 'nat'] as const satisfies readonly Table[]

/**
 * Input of `iptables-restore --noflush`: our chains are made or emptied and filled again in one transaction for each
 * table, so that twice is once and no packet meets half of them. Nobody else's rule is touched.
 */
export function renderRules (rules: readonly Rule[], { withJump, withComments }: RenderOptions): string {
  return TABLES.map(table => {
    const { name, hook } = CHAINS[table]
    const wanted = rules.filter(rule => rule.table === table && !(rule.chain === hook && withJump.includes(table)))
    return transaction(table, [`:${name} - [0:0]`, ...wanted.map(rule => line(rule, withComments))])
  }).join('')
}

/**
 * Arguments of the `iptables` commands that take away what `found` names of ours. Single commands, because this is for
 * the case that `iptables-restore` does not do what it should.
 */
export function planRemoval ({ jumps, chains }: FoundRules): readonly (readonly string[])[] {
  return TABLES.flatMap(table => {
    const { name, hook } = CHAINS[table]
    // From the last to the first, so that no number changes under us.
    const positions = jumps.filter(jump => jump.table === table).map(({ position }) => position).reverse()
    return [
      ...positions.map(position => ['-t', table, '-D', hook, String(position)]),
      ...chains.includes(table) ? [['-t', table, '-F', name], ['-t', table, '-X', name]] : []
    ]
  })
}

function transaction (table: Table, lines: readonly string[]): string {
  return [`*${table}`, ...lines, 'COMMIT', ''].join('\n')
}

function line ({ chain, match, target, comment }: Rule, withComments: boolean): string {
  const words = ['-A', chain, ...match, ...withComments ? ['-m', 'comment', '--comment', `"${comment}"`] : [], ...target]
  return words.join(' ')
}
