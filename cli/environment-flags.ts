import { Option } from 'commander'

/** `--container`, of `intercept` and `env`. */
export function containerOption (): Option {
  return new Option('--container <name>', 'the pod\'s container that is meant, where it has several')
}

/** `--env-exclude`, of `intercept` and `env`. */
export function excludeOption (): Option {
  return new Option('--env-exclude <name>', 'leave this variable out; a * in it fits any text; may be repeated')
    .argParser((name: string, before: readonly string[] = []) => [...before, name])
}
