import { Option } from 'commander'

/** `--output`, the same on every command that has it. */
export function outputOption (): Option {
  return new Option('-o, --output <format>', 'text for people, json for programs')
    .choices(['text', 'json'])
    .default('text')
}
