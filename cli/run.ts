import { CommanderError, type Command } from 'commander'
import { toWaylayError, WaylayError } from '../common/errors.ts'
import { EXIT_CODES } from '../common/failures.ts'
import { startsCommand } from './child/own-command.ts'
import type { CliDeps } from './deps.ts'
import { describeFailure, exitCodeOf } from './terminal/failure-text.ts'
import { createProgram } from './program.ts'

/**
 * Runs one command line, without the two words before it, and returns the exit code. Never rejects: whatever goes wrong
 * becomes one message on stderr.
 */
export async function runCli (args: readonly string[], deps: CliDeps): Promise<number> {
  let exitCode = 0
  const program = createProgram(deps, code => { exitCode = code })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return answerCommander(error, args, program, deps)
    const failure = toWaylayError(error)
    deps.output.note(describeFailure(failure, args.includes('--verbose')))
    return exitCodeOf(failure, startsCommand(args))
  }
}

/** Commander ends the parse by throwing, also after it printed help or the version. */
function answerCommander (error: CommanderError, args: readonly string[], program: Command, deps: CliDeps): number {
  if (error.exitCode === 0) return 0
  // `waylay` alone: the help is the answer.
  if (error.code === 'commander.help') return EXIT_CODES.usage
  const failure = new WaylayError('WAYLAY_USAGE', readMessage(error), {
    hint: ['waylay', ...namesIn(args, program), '--help'].join(' ')
  })
  deps.output.note(describeFailure(failure, args.includes('--verbose')))
  return exitCodeOf(failure, startsCommand(args))
}

/** The command that was meant, and its own command where that follows it: `preview`, `list`. */
function namesIn (args: readonly string[], { commands }: Command): readonly string[] {
  const nameAt = (word: string | undefined, known: readonly Command[]): string[] =>
    known.map(command => command.name()).filter(name => name === word)
  const index = args.findIndex(word => nameAt(word, commands).length > 0)
  const command = commands.find(known => known.name() === args[index])
  return command === undefined ? [] : [command.name(), ...nameAt(args[index + 1], command.commands)]
}

/** `error: unknown option '--prot'\n(Did you mean --port?)` -> one line that begins like ours. */
function readMessage (error: CommanderError): string {
  const text = error.message.replace(/^error: /, '').replaceAll('\n', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
