import { ROUTING_HEADER } from '../common/contract.ts'
import { WaylayError } from '../common/errors.ts'
import { exactHeader, type HeaderMatch } from '../intercepts/header-match.ts'
import { isGlobal, parseMatch, type Match } from '../intercepts/match.ts'
import type { CliDeps } from './deps.ts'
import type { MatchFlags } from './match-flags.ts'
import { readRoutingValue } from './user-config.ts'

/**
 * Which requests the command line means. Without a word about headers it asks for the developer's own header: whoever
 * names a path wants their own requests for it, not everybody's.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` for flags that contradict each other.
 */
export async function chooseMatch (flags: MatchFlags, deps: CliDeps): Promise<Match> {
  const { httpHeader, httpMethod: methods, id } = flags
  refuseContradictions(flags)
  if (flags.global === true) return { headers: [] }
  const path = flags.httpPathEqual ?? flags.httpPathPrefix ?? flags.httpPathGlob
  const given = httpHeader === undefined || httpHeader === false ? [] : httpHeader
  const isOwn = id !== undefined || httpHeader === undefined
  const match = parseMatch({ headers: isOwn ? [...given, await ownHeader(id, deps)] : given, path, methods })
  if (!isGlobal(match)) return match
  throw new WaylayError('WAYLAY_USAGE', '--no-http-header alone leaves no condition: every request would be diverted',
    { hint: 'Add --http-path-prefix or --http-method, or say --global if that is what you mean.' })
}

/** A note for those whose habit of writing regular expressions leads them astray. */
export function noteOnPatterns ({ headers }: Match): string | undefined {
  const found = headers.find(({ value }) => /^\^|\$$|\.[*+]/.test(value))
  if (found === undefined) return undefined
  return `Note: ${found.name}=${found.value} is not read as a regular expression: only * has a meaning, any text.`
}

async function ownHeader (id: string | undefined, deps: CliDeps): Promise<HeaderMatch> {
  return exactHeader(ROUTING_HEADER, id ?? (deps.env['WAYLAY_ID'] || await readRoutingValue(deps, deps.userName)))
}

const FLAGS = {
  id: '--id',
  httpHeader: '--http-header',
  httpPathEqual: '--http-path-equal',
  httpPathPrefix: '--http-path-prefix',
  httpPathGlob: '--http-path-glob',
  httpMethod: '--http-method'
} as const

function refuseContradictions (flags: MatchFlags): void {
  const given = (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).filter(name => flags[name] !== undefined)
  const names = given.map(name => flags[name] === false ? '--no-http-header' : FLAGS[name])
  if (flags.global === true && names[0] !== undefined) {
    throw new WaylayError('WAYLAY_USAGE', `--global diverts every request, so ${names[0]} has no meaning beside it`, {
      hint: 'Leave one of them away. Everybody\'s requests for one path: --no-http-header --http-path-prefix /api'
    })
  }
  const paths = names.filter(name => name.startsWith('--http-path'))
  if (paths.length > 1) {
    throw new WaylayError('WAYLAY_USAGE', `${paths.join(' and ')} cannot stand together: an intercept has one path condition`,
      { hint: 'Run "waylay intercept" once for each of them.' })
  }
  if (flags.httpHeader === false && flags.id !== undefined) {
    throw new WaylayError('WAYLAY_USAGE', '--id is the value of a header, so it has no meaning beside --no-http-header',
      { hint: 'Leave one of them away.' })
  }
}
