import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import { complete, type Candidate } from './complete.ts'
import { createSources } from './sources.ts'
import type { CompletionShell } from './shells.ts'
import { splitLine } from './split-line.ts'

/**
 * What a script reads: one candidate a line, with a tab and its description where the shell shows those, and last a
 * word behind a colon that says what else the shell may offer.
 *
 * @param words for bash its `COMP_WORDBREAKS` and the line up to the cursor, for others the words behind `waylay`, the
 *   last one not finished.
 */
export async function answerShell (
  program: Command, shell: CompletionShell, words: readonly string[], deps: CliDeps
): Promise<readonly string[]> {
  const [breaks = '', line = ''] = words
  const typed = shell === 'bash' ? splitLine(line).slice(1) : words
  const { candidates, others } = await complete(program, typed, flags => createSources(flags, deps))
  const current = typed.at(-1) ?? ''
  const fitting = candidates.filter(({ value }) => value.startsWith(current))
  const cut = shell === 'bash' ? lengthBeforeBreak(current, breaks) : 0
  return [...fitting.map(candidate => writeLine(candidate, shell, cut)), `:${others}`]
}

function writeLine ({ value, help }: Candidate, shell: CompletionShell, cut: number): string {
  const text = value.slice(cut)
  return shell === 'bash' || help === '' ? text : `${text}\t${help}`
}

/** For bash a word ends at each `:` and `=`, and it wants only what follows the last of them. */
function lengthBeforeBreak (word: string, breaks: string): number {
  return Math.max(...[...breaks].filter(mark => /[^\s'"]/.test(mark)).map(mark => word.lastIndexOf(mark)), -1) + 1
}
