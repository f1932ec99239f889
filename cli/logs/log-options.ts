import { InvalidArgumentError, type Command } from 'commander'
import type { LogRange } from '../cluster/pod-logs.ts'
import { parseDuration } from '../duration.ts'
import type { LogsFlags } from '../flags.ts'
import { outputOption } from '../output-option.ts'

/** Adds the flags that say which lines are shown, of `logs` and `env logs`. */
export function addLogOptions (command: Command): Command {
  return command
    .option('-f, --follow', 'go on with new lines, and with new pods, until Ctrl-C')
    .option('--since <duration>', 'only lines that are not older: 90s, 10m, 1h30m', text => parseDuration(text, '--since'))
    .option('--tail <lines>', 'only the last lines of each pod', parseLines)
    .addOption(outputOption())
}

/** What is asked of the API server for these flags. */
export function toRange ({ since, tail }: LogsFlags): LogRange {
  return {
    ...(since !== undefined && { sinceSeconds: Math.max(1, Math.round(since / 1000)) }),
    ...(tail !== undefined && { tailLines: tail })
  }
}

function parseLines (text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`Expected a number of lines, got "${text}".`)
}
