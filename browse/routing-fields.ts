import { BAGGAGE_MEMBER, ROUTING_HEADER } from '../common/contract.ts'
import { withValue, type Field } from './fields.ts'

/** A header that marks a request as a developer's. */
export type RoutingHeader = { readonly name: string, readonly value: string }

const OURS = 'x-waylay-'
const BAGGAGE = 'baggage'
/** W3C Baggage, 3.3.2: what every platform must hand on. */
const MAX_MEMBERS = 64
const MAX_BYTES = 8192

/**
 * Puts the marks of one intercept on a request, in the place of whatever the caller put there: every `x-waylay-` line,
 * the lines of the marks' own names, and the baggage member. Foreign baggage stays, as far as there is room.
 *
 * The value of `x-waylay-id` goes into the baggage too, so that it travels on from a first service that has no proxy.
 *
 * @param routing header names in any case.
 */
export function setRouting (fields: readonly Field[], routing: readonly RoutingHeader[]): Field[] {
  const names = new Set(routing.map(({ name }) => asRead(name)))
  const kept: Field[] = []
  for (const field of fields) {
    const [name, value, sentName] = field
    const read = asRead(name)
    if (read.startsWith(OURS) || (names.has(read) && name !== BAGGAGE)) continue
    const foreign = name === BAGGAGE ? withoutMember(value) : value
    if (foreign === value) kept.push(field)
    else if (foreign !== '') kept.push([name, foreign, sentName ?? name])
  }
  const own = routing.map(({ name, value }): Field => [name.toLowerCase(), value])
  const id = routing.find(({ name }) => name.toLowerCase() === ROUTING_HEADER)?.value
  return [...id === undefined ? kept : withMember(kept, id), ...own]
}

/** A header's name as CGI, WSGI and PHP hand it to an app, which cannot tell `_` from `-` then. */
function asRead (name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

// Our member is looked for as SDKs read it: whitespace around its name, a list of properties behind its value. Some of
// them decode a name before they hand it on.
function withoutMember (line: string): string {
  const members = line.split(',')
  const foreign = members.filter(member => decode(/^[^=;]*/.exec(member)?.[0] ?? '').trim().toLowerCase() !== BAGGAGE_MEMBER)
  return foreign.length === members.length ? line : foreign.join(',').trim()
}

function decode (name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_all, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)))
}

/** On the last line: many SDKs read one line only, and a second one would lose them the first one's members. */
function withMember (fields: readonly Field[], id: string): readonly Field[] {
  const member = `${BAGGAGE_MEMBER}=${encodeURIComponent(id)}`
  const lines = fitting(fields.filter(([name]) => name === BAGGAGE), member)
  const last = lines.at(-1)
  const rest = fields.filter(([name]) => name !== BAGGAGE)
  if (last === undefined) return [...rest, [BAGGAGE, member]]
  let at = 0
  return fields.flatMap((field): Field[] => {
    if (field[0] !== BAGGAGE) return [field]
    const line = lines[at++]
    if (line === undefined) return []
    return line === last ? [[BAGGAGE, `${line[1]},${member}`, line[2] ?? BAGGAGE]] : [line]
  })
}

/** The caller's lines without as many of their last members as it takes: without ours the next service sees no mark. */
function fitting (lines: readonly Field[], member: string): readonly Field[] {
  const kept = lines.map(field => ({ field, members: field[1].split(',') }))
  let members = kept.reduce((sum, line) => sum + line.members.length, 1)
  let bytes = lines.reduce((sum, [, value]) => sum + value.length + 1, member.length)
  for (let last = kept.at(-1); last !== undefined && (members > MAX_MEMBERS || bytes > MAX_BYTES); last = kept.at(-1)) {
    members--
    bytes -= (last.members.pop() ?? '').length + 1
    if (last.members.length === 0) kept.pop()
  }
  return kept.map(({ field, members: rest }) => {
    const value = rest.join(',')
    return value === field[1] ? field : withValue(field, value)
  })
}
