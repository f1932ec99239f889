import { WaylayError } from '../../common/errors.ts'
import type { PodVariable } from './pod-variable.ts'

/** How an environment is written for other programs; json has shapes of its own. */
export const LINE_FORMATS = ['portable', 'docker', 'compose', 'sh'] as const

export type LineFormat = typeof LINE_FORMATS[number]

type Line = { readonly line: string } | { readonly fault: string }

/**
 * One line for each variable.
 *
 * @throws {WaylayError} `WAYLAY_ENV_UNWRITABLE` naming every variable that the format cannot hold, and why.
 */
export function formatLines (variables: readonly Pick<PodVariable, 'name' | 'value'>[], format: LineFormat): readonly string[] {
  const written = variables.map(({ name, value }) => ({ name, ...WRITERS[format](name, value) }))
  const faults = written.flatMap(result => 'fault' in result ? [`${result.name} (${result.fault})`] : [])
  if (faults.length === 0) return written.flatMap(result => 'line' in result ? [result.line] : [])
  throw new WaylayError('WAYLAY_ENV_UNWRITABLE', `The format ${format} cannot hold ${faults.join(', ')}`)
}

const WRITERS: Readonly<Record<LineFormat, (name: string, value: string) => Line>> = {
  portable: writePortable, docker: writeDocker, compose: writeCompose, sh: writeShell
}

/** What docker, compose and the usual readers of `.env` files all read as the same; the rest is refused. */
function writePortable (name: string, value: string): Line {
  const docker = writeDocker(name, value)
  const compose = writeCompose(name, value)
  if ('fault' in docker) return docker
  if ('fault' in compose) return compose
  // Anything but the plain value has a meaning to one of them: a quote, an expansion, a comment, blanks that are cut.
  const isSame = !/[$#\\\r]|^[\s"'`]|\s$/.test(value)
  return isSame ? docker : { fault: 'docker and compose would read its value differently' }
}

// Docker reads lines of less than 64 KiB.
const DOCKER_LINE_BYTES = 65_535

/**
 * `docker run --env-file`: the rest of the line is the value, nothing is quoted.
 *
 * @see https://github.com/docker/cli/blob/v28.0.0/pkg/kvfile/kvfile.go
 */
function writeDocker (name: string, value: string): Line {
  if (/^#|\s/.test(name)) return { fault: 'no name for it' }
  if (value.includes('\n')) return { fault: 'its value has several lines' }
  if (value.endsWith('\r')) return { fault: 'its value ends with a carriage return' }
  const line = `${name}=${value}`
  return Buffer.byteLength(line) >= DOCKER_LINE_BYTES ? { fault: 'its value is longer than 64 KiB' } : { line }
}

/**
 * `env_file` of compose, and what most readers of `.env` files take: in double quotes, `\`, `"` and `$` escaped. Where
 * nothing has a meaning the value stands as it is, which docker reads too.
 *
 * @see https://github.com/compose-spec/compose-go/blob/v2.4.0/dotenv/parser.go
 */
function writeCompose (name: string, value: string): Line {
  if (!/^[A-Za-z0-9_.[\]-]+$/.test(name) || /^export$/.test(name)) return { fault: 'no name for it' }
  if (/^[\w./:@%+,;?&=~!*()[\]{}|<>^-]*$/.test(value)) return { line: `${name}=${value}` }
  const escaped = value.replaceAll(/[\\"$]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return { line: `${name}="${escaped}"` }
}

/** For `eval` in any POSIX shell: nothing has a meaning in single quotes. */
function writeShell (name: string, value: string): Line {
  if (!/^[A-Za-z_]\w*$/.test(name)) return { fault: 'no name of a shell variable' }
  return { line: `export ${name}='${value.replaceAll('\'', '\'\\\'\'')}'` }
}
