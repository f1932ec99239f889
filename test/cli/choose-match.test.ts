import test from 'ava'
import { Command } from 'commander'
import { describeMatch } from '../../intercepts/describe-match.ts'
import type { Match } from '../../intercepts/match.ts'
import { chooseMatch, noteOnPatterns } from '../../cli/choose-match.ts'
import type { CliDeps } from '../../cli/deps.ts'
import { addMatchOptions, type MatchFlags } from '../../cli/match-flags.ts'

const deps = { env: { WAYLAY_ID: 'maria-3fk27d4a' } } as unknown as CliDeps

/** Reads flags as commander gives them. */
async function choose (args: readonly string[]): Promise<Match> {
  const command = addMatchOptions(new Command()).exitOverride().configureOutput({ writeErr: () => {} })
  return await chooseMatch(command.parse(args, { from: 'user' }).opts<MatchFlags>(), deps)
}

const OWN = 'x-waylay-id=maria-3fk27d4a'
const chosen: readonly (readonly [args: readonly string[], match: string])[] = [
  [[], OWN],
  [['--id', 'jon*'], 'x-waylay-id=jon\\*'],
  [['--global'], 'every request'],
  [['--http-header', 'x-user=maria'], 'x-user=maria'],
  [['--http-header', 'X-User=maria', '--http-header', 'a=b'], 'a=b and x-user=maria'],
  [['--http-header', 'x-user=*@example.org'], 'x-user=*@example.org'],
  [['--http-header', 'x-user=maria', '--id', 'jon'], 'x-user=maria and x-waylay-id=jon'],
  [['--http-path-equal', '/api/'], `${OWN} and path /api/`],
  [['--http-path-prefix', '/api/'], `${OWN} and path under /api`],
  [['--http-path-glob', '/api/*/x'], `${OWN} and path like /api/*/x`],
  [['--http-method', 'post', '--http-method', 'PUT'], `${OWN} and method POST or PUT`],
  [['--http-header', 'a=b', '--http-path-prefix', '/x', '--http-method', 'GET'], 'a=b and path under /x and method GET'],
  [['--no-http-header', '--http-path-prefix', '/api'], 'path under /api'],
  [['--no-http-header', '--http-method', 'PUT'], 'method PUT'],
  [['--no-http-header', '--http-header', 'a=b'], 'a=b']
]
for (const [args, match] of chosen) {
  test(`"${args.join(' ')}" means ${match}`, async t => t.is(describeMatch(await choose(args)), match))
}

const refused: readonly (readonly [args: readonly string[], code: string, message: RegExp])[] = [
  [['--global', '--http-path-prefix', '/api'], 'WAYLAY_USAGE', /^--global .* so --http-path-prefix has no meaning/],
  [['--global', '--http-method', 'GET'], 'WAYLAY_USAGE', /so --http-method has no meaning/],
  [['--global', '--id', 'a'], 'WAYLAY_USAGE', /so --id has no meaning/],
  [['--global', '--no-http-header'], 'WAYLAY_USAGE', /so --no-http-header has no meaning/],
  [['--no-http-header'], 'WAYLAY_USAGE', /leaves no condition/],
  [['--no-http-header', '--id', 'a', '--http-method', 'GET'], 'WAYLAY_USAGE', /--id .* no meaning beside --no-http-header/],
  [['--http-path-equal', '/a', '--http-path-glob', '/b*'], 'WAYLAY_USAGE', /--http-path-equal and --http-path-glob cannot stand/],
  [['--http-path-regex', '/a.*'], 'WAYLAY_USAGE', /no --http-path-regex \(\/a\.\*\)/],
  [['--http-path-prefix', 'api'], 'WAYLAY_MATCH_MALFORMED', /"api": it does not begin with "\/"/],
  [['--http-method', 'GE T'], 'WAYLAY_MATCH_MALFORMED', /"GE T"/],
  [Array.from({ length: 17 }, (_, at) => ['--http-header', `a=${at}`]).flat(), 'WAYLAY_MATCH_MALFORMED', /17 header conditions/]
]
for (const [args, code, message] of refused) {
  test(`"${args.slice(0, 6).join(' ')}" is refused`, async t => {
    await t.throwsAsync(choose(args), { code, message })
  })
}

test('what looks like a regular expression is answered with a note', async t => {
  for (const value of ['maria.*', '^maria-*', 'maria$', 'a.+']) {
    t.regex(noteOnPatterns(await choose(['--http-header', `x-user=${value}`])) ?? '', /not read as a regular expression/, value)
  }
  for (const value of ['maria-*', 'maria@example.org', '1.2', 'a$b']) {
    t.is(noteOnPatterns(await choose(['--http-header', `x-user=${value}`])), undefined, value)
  }
})
