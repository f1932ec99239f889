import { Option, type Command } from 'commander'
import { assertNever } from '../common/assert-never.ts'
import { WaylayError } from '../common/errors.ts'
import { parseHeaderMatch, type HeaderMatch } from '../intercepts/header-match.ts'
import { readMethod } from '../intercepts/methods.ts'
import { readPathMatch, type PathMatch } from '../intercepts/path-match.ts'

/** What the command line says about which requests are meant. */
export type MatchFlags = {
  /** `false`: --no-http-header. */
  readonly httpHeader?: readonly HeaderMatch[] | false
  readonly httpPathEqual?: PathMatch
  readonly httpPathPrefix?: PathMatch
  readonly httpPathGlob?: PathMatch
  readonly httpMethod?: readonly string[]
  readonly id?: string
  readonly global?: boolean
}

/** Adds the flags that name the header of somebody's requests, for a command that sends them. */
export function addMarkOptions (command: Command): Command {
  return command
    .option('--http-header <name=value>', 'header that marks your requests, instead of your own x-waylay-id; may be repeated: all are sent', collectHeader)
    .option('--id <value>', 'value of x-waylay-id, instead of the one kept for you')
}

/** Adds the flags that say which requests are meant. */
export function addMatchOptions (command: Command): Command {
  return command
    .option('--http-header <name=value>', 'header that marks your requests, instead of your own x-waylay-id; a * in the value fits any text; may be repeated: all must fit', collectHeader)
    .option('--no-http-header', 'ask for no header at all, only for the path and method below; needs the rights of --global')
    .option('--http-path-equal <path>', 'of those, only requests for exactly this path', pathOf('Exact'))
    .option('--http-path-prefix <path>', 'of those, only requests for this path and all below it: /api means /api and /api/x', pathOf('PathPrefix'))
    .option('--http-path-glob <pattern>', 'of those, only requests for paths like this: "/api/*/orders"', pathOf('Glob'))
    .option('--method, --http-method <method>', 'of those, only requests with this method; may be repeated: one must fit', collectMethod)
    .option('--id <value>', 'value of x-waylay-id, instead of the one kept for you')
    .option('--global', 'divert every request of everybody')
    // Not ours, but where people come from.
    .addOption(new Option('--http-path-regex <regex>').hideHelp().argParser(refuseRegExp))
}

function collectHeader (text: string, before: readonly HeaderMatch[] | false = []): readonly HeaderMatch[] {
  return [...(before === false ? [] : before), parseHeaderMatch(text)]
}

function collectMethod (text: string, before: readonly string[] = []): readonly string[] {
  // "post" can only mean POST.
  return [...before, readMethod(text.toUpperCase())]
}

function pathOf (type: PathMatch['type']) {
  return (value: string): PathMatch => readPathMatch({ type, value })
}

function refuseRegExp (regex: string): never {
  throw new WaylayError('WAYLAY_USAGE', `There is no --http-path-regex (${regex}): one expression could stall everybody's requests`, {
    hint: 'Use --http-path-prefix, or --http-path-glob with * for any text: --http-path-glob "/api/*/orders"'
  })
}

/** Flags that waylay.yaml has as keys. */
export type MatchFlagName = 'id' | 'http-header' | 'method' | 'http-path-equal' | 'http-path-prefix' | 'http-path-glob'

/**
 * Reads one of them into `flags`, as the command line would.
 *
 * @throws {WaylayError} what the flag's own reader throws.
 */
export function readMatchFlag (
  flags: { -readonly [Key in keyof MatchFlags]: MatchFlags[Key] }, name: MatchFlagName, text: string
): void {
  switch (name) {
    case 'id': flags.id = text; break
    case 'http-header': flags.httpHeader = collectHeader(text, flags.httpHeader); break
    case 'method': flags.httpMethod = collectMethod(text, flags.httpMethod); break
    case 'http-path-equal': flags.httpPathEqual = pathOf('Exact')(text); break
    case 'http-path-prefix': flags.httpPathPrefix = pathOf('PathPrefix')(text); break
    case 'http-path-glob': flags.httpPathGlob = pathOf('Glob')(text); break
    default: assertNever(name)
  }
}
