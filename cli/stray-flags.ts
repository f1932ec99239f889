import type { Command } from 'commander'
import { WaylayError } from '../common/errors.ts'

/**
 * Refuses flags of the command above that have no meaning for the one below: commander reads those of `env` also where
 * they stand behind `env down`.
 *
 * @param known attributes of flags that both have.
 * @throws {WaylayError} `WAYLAY_USAGE`
 */
export function refuseFlagsOfAbove (command: Command, known: readonly string[]): void {
  const { parent } = command
  const stray = parent?.options.find(option =>
    parent.getOptionValueSource(option.attributeName()) === 'cli' && !known.includes(option.attributeName()))
  if (stray === undefined) return
  const names = `${parent?.name() ?? ''} ${command.name()}`
  throw new WaylayError('WAYLAY_USAGE', `Unknown option '${stray.long ?? ''}' of ${names}`, { hint: `waylay ${names} --help` })
}
