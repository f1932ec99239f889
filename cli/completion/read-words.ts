import type { Command, Option } from 'commander'

/** Values of --context, --namespace and the like on the line so far, by the flags' names in camel case. */
export type TypedFlags = Readonly<Record<string, string>>

/** A command line up to the word at the cursor, as commander would read it. */
export type ReadWords = {
  /** The command that was named, or the program. */
  readonly command: Command
  /** Arguments of the command that stand already. */
  readonly positionals: number
  /** A flag whose value comes next. */
  readonly waiting: Option | undefined
  readonly flags: TypedFlags
  /** Behind `--`: the words of another program. */
  readonly isForeign: boolean
}

export function readWords (program: Command, words: readonly string[]): ReadWords {
  let command = program
  let positionals = 0
  let waiting: Option | undefined
  const flags: Record<string, string> = {}
  for (const word of words) {
    if (waiting !== undefined) {
      keep(flags, waiting, word)
      waiting = undefined
    } else if (word === '--') {
      return { command, positionals, waiting, flags, isForeign: true }
    } else if (word.startsWith('-') && word !== '-') {
      const [name = '', value] = splitFlag(word)
      const option = [...command.options, ...program.options].find(({ long, short }) => long === name || short === name)
      if (option?.required !== true) continue
      if (value === undefined) waiting = option
      else keep(flags, option, value)
    } else {
      const below = positionals === 0 ? command.commands.find(known => known.name() === word) : undefined
      if (below !== undefined) command = below
      else if (command === program) command = helpOrProgram(program, word)
      else positionals += 1
    }
  }
  return { command, positionals, waiting, flags, isForeign: false }
}

/** `help` is a command that commander keeps apart. */
function helpOrProgram (program: Command, word: string): Command {
  return word === 'help' ? program.createCommand('help') : program
}

function keep (flags: Record<string, string>, option: Option, value: string): void {
  flags[option.attributeName()] = value
}

/** `--output=json`, `-ojson`, `-o`. */
function splitFlag (word: string): readonly [string, string?] {
  if (!word.startsWith('--')) return word.length > 2 ? [word.slice(0, 2), word.slice(2)] : [word]
  const at = word.indexOf('=')
  return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)]
}
