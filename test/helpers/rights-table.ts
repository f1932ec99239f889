import { pageAt, tableOf } from '../docs/pages.ts'

/** One right, in the words of RBAC. */
export type RightRow = {
  readonly verb: string
  readonly group: string
  /** With its subresource: `pods/log`. */
  readonly resource: string
  /** Undefined: the namespace that the command works in. */
  readonly elsewhere: string | undefined
  /** What the page says of a run without it. */
  readonly without: string
}

/** What docs/rights.md says of one command. */
export type CommandRights = { readonly command: string, readonly rights: readonly RightRow[] }

/** `create,get pods/portforward`, or `get nodes in the cluster`. */
const RIGHT = /^`([a-z,]+) ([a-z]+)((?:\.[a-z0-9]+)*)(\/[a-z]+)?`(?: in (.+))?$/

/**
 * Reads the table of commands in docs/rights.md: a row for each right, the command in the first of its rows.
 *
 * @throws {Error} naming the cell that is not written so.
 */
export function readCommandRights (): readonly CommandRights[] {
  const commands: { command: string, rights: RightRow[] }[] = []
  for (const row of tableOf(pageAt('docs/rights.md'), ['Command', 'Right', 'Without it'])) {
    // An empty first cell.
    const [command = '', right = '', without = ''] = row[0]?.startsWith('| ') === true ? ['', row[0].slice(2), ...row.slice(1)] : row
    if (command !== '') commands.push({ command: command.replaceAll('`', ''), rights: [] })
    if (right !== '-') commands.at(-1)?.rights.push(...readRights(right, without))
  }
  return commands
}

function readRights (cell: string, without: string): readonly RightRow[] {
  const [, verbs, resource = '', group = '', subresource = '', elsewhere] = RIGHT.exec(cell) ?? []
  if (verbs === undefined) throw new Error(`docs/rights.md: cannot read the right ${cell}`)
  return verbs.split(',').map(verb => ({ verb, group: group.slice(1), resource: `${resource}${subresource}`, elsewhere, without }))
}
