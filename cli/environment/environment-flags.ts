import { Option, type Command } from 'commander'
import { WaylayError } from '../../common/errors.ts'
import { LINE_FORMATS, type LineFormat } from './formats.ts'

/** What the command line says about the pod's environment and files on this machine. */
export type EnvironmentFlags = {
  /** `false`: --no-env. */
  readonly env?: boolean
  readonly envFile?: string
  readonly envFormat?: LineFormat
  readonly envJson?: string
  readonly envExclude?: readonly string[]
  readonly container?: string
  readonly mount?: string
  readonly mountTokens?: boolean
}

/** Adds the flags of `intercept` about the pod's environment and files. */
export function addEnvironmentOptions (command: Command): Command {
  return command
    .option('-e, --env-file <file>', 'write the pod\'s environment into this file, mode 0600; say -e: Node itself takes --env-file for its own')
    .addOption(new Option('--env-format <format>', 'how --env-file is written (default: portable, which docker and compose read alike)')
      .choices(LINE_FORMATS))
    .option('--env-json <file>', 'write the pod\'s environment into this file as one JSON object, mode 0600')
    .addOption(excludeOption())
    .option('--no-env', 'start your program without the pod\'s environment')
    .addOption(containerOption())
    .option('--mount <folder>', 'write the pod\'s ConfigMaps, Secrets and downward API files below this folder while the intercept stands')
    .option('--mount-tokens', 'with --mount: also tokens of the pod\'s service account, which let your program act as the app')
}

/** `--container`, of `intercept` and `env`. */
export function containerOption (): Option {
  return new Option('--container <name>', 'the pod\'s container that is meant, where it has several')
}

/** `--env-exclude`, of `intercept` and `env`. */
export function excludeOption (): Option {
  return new Option('--env-exclude <name>', 'leave this variable out; a * in it fits any text; may be repeated')
    .argParser((name: string, before: readonly string[] = []) => [...before, name])
}

/**
 * Refuses flags that have no meaning beside each other.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`
 */
export function checkEnvironmentFlags (flags: EnvironmentFlags): void {
  if (flags.envFormat !== undefined && flags.envFile === undefined) {
    throw new WaylayError('WAYLAY_USAGE', '--env-format has no meaning without --env-file',
      { hint: 'Name the file too: --env-file app.env' })
  }
  if (flags.mountTokens === true && flags.mount === undefined) {
    throw new WaylayError('WAYLAY_USAGE', '--mount-tokens has no meaning without --mount',
      { hint: 'Name the folder too: --mount ./pod-files' })
  }
  for (const [flag, value] of [['--env-file', flags.envFile], ['--env-json', flags.envJson], ['--mount', flags.mount]]) {
    if (value === '') throw new WaylayError('WAYLAY_USAGE', `${flag ?? ''} is empty`, { hint: `Give it a name: ${flag ?? ''} <name>` })
  }
}
