import type { Argument, Command, Option } from 'commander'
import { readWords, type TypedFlags } from './read-words.ts'

/** One word that may stand where the cursor is. */
export type Candidate = { readonly value: string, readonly help: string }

export type Completion = {
  readonly candidates: readonly Candidate[]
  /** What the shell may offer by itself: names of files, of folders, or a whole command line of another program. */
  readonly others: 'none' | 'files' | 'dirs' | 'command'
}

/** Names that only the machine or the cluster knows. Nothing here rejects: what cannot be had is not offered. */
export type Sources = {
  contexts (): Promise<readonly string[]>
  namespaces (): Promise<readonly string[]>
  workloads (): Promise<readonly string[]>
  services (): Promise<readonly string[]>
  /** Workloads that the user intercepts. */
  intercepted (): Promise<readonly string[]>
  /** Who has a grant in the namespace. */
  grants (): Promise<readonly string[]>
  /** Names of the links that the user shares in the namespace. */
  links (): Promise<readonly string[]>
  /** Ephemeral environments of the namespace. */
  environments (): Promise<readonly string[]>
  /** Names in waylay.yaml. */
  wishes (): Promise<readonly string[]>
}

const NOTHING: Completion = { candidates: [], others: 'none' }

/**
 * What may stand at the end of a command line.
 *
 * @param words behind `waylay`; the last one is what was typed of the word in question, perhaps nothing.
 */
export async function complete (
  program: Command, words: readonly string[], openSources: (flags: TypedFlags) => Sources
): Promise<Completion> {
  const { command, positionals, waiting, flags, isForeign } = readWords(program, words.slice(0, -1))
  const current = words.at(-1) ?? ''
  const sources = openSources(flags)
  if (isForeign) return { candidates: [], others: 'command' }
  if (waiting !== undefined) return await completeValue(waiting, sources)
  const [, name] = /^(--[\w-]+)=/.exec(current) ?? []
  if (name !== undefined) {
    const option = optionsOf(program, command).find(({ long }) => long === name)
    if (option === undefined) return NOTHING
    const { candidates, others } = await completeValue(option, sources)
    return { others, candidates: candidates.map(({ value, help }) => ({ value: `${name}=${value}`, help })) }
  }
  if (current.startsWith('-')) return { candidates: optionsOf(program, command).flatMap(toCandidates), others: 'none' }
  if (command === program || command.name() === 'help') return { candidates: commandsOf(program, program), others: 'none' }
  const argument = command.registeredArguments[positionals] ?? lastVariadic(command)
  const completion = await completeArgument(command, argument, sources)
  if (command.commands.length === 0 || positionals > 0) return completion
  return { ...completion, candidates: [...commandsOf(program, command), ...completion.candidates] }
}

function lastVariadic ({ registeredArguments }: Command): Argument | undefined {
  const last = registeredArguments.at(-1)
  return last?.variadic === true ? last : undefined
}

function optionsOf (program: Command, command: Command): readonly Option[] {
  const help = program.createHelp()
  const all = [command, program].flatMap(owner => help.visibleOptions(owner))
  return all.filter((option, index) => all.findIndex(other => other.long === option.long) === index)
}

function toCandidates ({ long, short, description }: Option): readonly Candidate[] {
  const value = long ?? short
  return value === undefined ? [] : [{ value, help: firstClause(description) }]
}

function commandsOf (program: Command, owner: Command): readonly Candidate[] {
  return program.createHelp().visibleCommands(owner)
    .map(command => ({ value: command.name(), help: firstClause(command.summary() || command.description()) }))
}

async function completeValue (option: Option, sources: Sources): Promise<Completion> {
  if (option.argChoices !== undefined) return { candidates: option.argChoices.map(toPlain), others: 'none' }
  if (option.long === '--context') return { candidates: (await sources.contexts()).map(toPlain), others: 'none' }
  if (option.long === '--namespace') return { candidates: (await sources.namespaces()).map(toPlain), others: 'none' }
  if (option.long === '--workload') return { candidates: (await sources.workloads()).map(toPlain), others: 'none' }
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? ''
  if (/\bfile\b/.test(placeholder)) return { candidates: [], others: 'files' }
  return { candidates: [], others: /\b(dir|folder)\b/.test(placeholder) ? 'dirs' : 'none' }
}

async function completeArgument (
  command: Command, argument: Argument | undefined, sources: Sources
): Promise<Completion> {
  if (argument?.argChoices !== undefined) return { candidates: argument.argChoices.map(toPlain), others: 'none' }
  const names = await namesFor(command.name(), argument?.name(), sources)
  return { candidates: names.map(toPlain), others: 'none' }
}

async function namesFor (command: string, argument: string | undefined, sources: Sources): Promise<readonly string[]> {
  if (argument === 'workload') return command === 'leave' ? await sources.intercepted() : await sources.workloads()
  if (argument === 'service') return await sources.services()
  if (argument === 'environment' || argument === 'environments') return await sources.environments()
  if (argument === 'link') return await sources.links()
  if (command === 'revoke') return await sources.grants()
  return argument === 'names' ? await sources.wishes() : []
}

function toPlain (value: string): Candidate {
  return { value, help: '' }
}

/** One line in a menu has no room for more. */
function firstClause (text: string): string {
  return text.split(/[;\n]|, instead| \(/, 1)[0] ?? ''
}
