import { Option } from 'commander'
import { parseDuration } from './duration.ts'

/**
 * An option whose value is a duration, in ms.
 *
 * @param flags `--ttl <duration>`.
 * @param standard what counts without it, as people write it: the help shows it like that.
 * @param parse where not every duration will do.
 */
export function durationOption (
  flags: string, description: string, standard: string, parse: (text: string, flag: string) => number = parseDuration
): Option {
  const [flag = ''] = flags.split(' ')
  return new Option(flags, description).argParser(text => parse(text, flag)).default(parse(standard, flag), standard)
}
