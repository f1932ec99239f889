import { BAGGAGE_MEMBER, ROUTING_HEADER } from '../common/contract.ts'
import type { Field } from './fields.ts'

/** A header that marks a request as a developer's. */
export type RoutingHeader = { readonly name: string, readonly value: string }

const OURS = 'x-waylay-'
const BAGGAGE = 'baggage'
/** W3C Baggage, 3.3.2: what every platform must hand on. */
const MAX_MEMBERS = 64
const MAX_BYTES = 8192

/**
 * Puts the marks of one intercept on a request, in the place of whatever the caller put there: every `x-waylay-` line,
 * the lines of the marks' own names, and the baggage member. Foreign baggage stays.
 *
 * The value of `x-waylay-id` goes into the baggage too, so that it travels on from a first service that has no proxy.
 *
 * @param routing header names in any case.
 */
export function setRouting (fields: readonly Field[], routing: readonly RoutingHeader[]): Field[] {
  const names = new Set(routing.map(({ name }) => name.toLowerCase()))
  const kept: Field[] = []
  for (const field of fields) {
    const [name, value, sentName] = field
    if (name.startsWith(OURS) || (names.has(name) && name !== BAGGAGE)) continue
    const foreign = name === BAGGAGE ? withoutMember(value) : value
    if (foreign === value) kept.push(field)
    else if (foreign !== '') kept.push([name, foreign, sentName ?? name])
  }
  const own = routing.map(({ name, value }): Field => [name.toLowerCase(), value])
  const id = routing.find(({ name }) => name.toLowerCase() === ROUTING_HEADER)?.value
  return [...id === undefined ? kept : withMember(kept, id), ...own]
}

// Our member is looked for as SDKs read it: whitespace around its name, a list of properties behind its value.
function withoutMember (line: string): string {
  const members = line.split(',')
  const foreign = members.filter(member => (/^[^=;]*/.exec(member)?.[0] ?? '').trim() !== BAGGAGE_MEMBER)
  return foreign.length === members.length ? line : foreign.join(',').trim()
}

/** On the last line: many SDKs read one line only, and a second one would lose them the first one's members. */
function withMember (fields: readonly Field[], id: string): readonly Field[] {
  const member = `${BAGGAGE_MEMBER}=${encodeURIComponent(id)}`
  const lines = fields.filter(([name]) => name === BAGGAGE)
  const last = lines.at(-1)
  if (last === undefined) return [...fields, [BAGGAGE, member]]
  const members = lines.reduce((sum, [, value]) => sum + value.split(',').length, 1)
  const bytes = lines.reduce((sum, [, value]) => sum + value.length + 1, member.length)
  if (members > MAX_MEMBERS || bytes > MAX_BYTES) return fields
  return fields.map(field => field === last ? [BAGGAGE, `${field[1]},${member}`, field[2] ?? BAGGAGE] as const : field)
}
