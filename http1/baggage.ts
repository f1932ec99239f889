import { BAGGAGE_MEMBER } from '../common/contract.ts'
import { trimOws } from './fields.ts'

/** What every platform must hand on (W3C Baggage, 3.3.2); beyond it members may be dropped, also other tools'. */
const MAX_MEMBERS = 64
const MAX_BYTES = 8192

/**
 * The values of one baggage member, over all baggage lines (W3C Baggage, 3.3.1): percent-decoded, properties left out.
 * Keys are compared exactly. Members that are not `key=value` are passed over: other tools' data is not ours to judge.
 *
 * @param lines the values of all `baggage` lines, latin1.
 */
export function baggageValues (lines: readonly string[], key: string): readonly string[] {
  // Most baggage is other tools'.
  if (!lines.some(line => line.includes(key))) return NONE
  const values: string[] = []
  for (const line of lines) {
    for (const member of line.split(',')) {
      const value = memberValue(member, key)
      if (value !== undefined) values.push(value)
    }
  }
  return values
}

/**
 * What is to be written behind the last baggage line, or as the value of a first one, so that the routing header
 * travels on with the baggage, which every app under OpenTelemetry carries. Of several values the last counts: whoever
 * was nearest wrote it, and a key is to stand there once.
 *
 * @param ids the values of all lines of the routing header, latin1.
 * @param lines the values of all `baggage` lines, without the whitespace around them.
 * @returns ASCII without controls; undefined where the member is there, would not fit, or cannot carry the value.
 */
export function baggageToAppend (ids: readonly string[], lines: readonly string[]): string | undefined {
  const id = ids.findLast(value => value !== '')
  if (id === undefined || baggageValues(lines, BAGGAGE_MEMBER).length > 0) return undefined
  const value = encodeValue(id)
  if (value === undefined) return undefined
  const last = lines.at(-1) ?? ''
  const text = `${last === '' || last.endsWith(',') ? '' : ','}${BAGGAGE_MEMBER}=${value}`
  const members = lines.reduce((sum, line) => sum + countMembers(line), 1)
  // Several lines are one, joined by commas (RFC 9110, 5.3).
  const bytes = lines.join(',').length + text.length
  return members <= MAX_MEMBERS && bytes <= MAX_BYTES ? text : undefined
}

const NONE: readonly string[] = []

function memberValue (member: string, key: string): string | undefined {
  const [pair = ''] = member.split(';', 1)
  const equals = pair.indexOf('=')
  if (equals === -1 || trimOws(pair.slice(0, equals)) !== key) return undefined
  return decodeValue(trimOws(pair.slice(equals + 1)))
}

function countMembers (line: string): number {
  return line.split(',').filter(member => trimOws(member) !== '').length
}

/**
 * Percent-encoded UTF-8 becomes the bytes themselves, one char each, as all values here are. What is no escape stays as
 * it is; bytes that are no UTF-8 become the replacement character, as the W3C text demands.
 */
function decodeValue (value: string): string {
  if (!value.includes('%')) return value
  const bytes = value.replace(ESCAPE, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
  return Buffer.from(Buffer.from(bytes, 'latin1').toString()).toString('latin1')
}

const ESCAPE = /%([0-9a-f]{2})/gi

// More is escaped than must be: some read a plus sign as a space.
function encodeValue (value: string): string | undefined {
  try {
    return encodeURIComponent(UTF8.decode(Buffer.from(value, 'latin1')))
  } catch {
    // No UTF-8, so nothing that a member's value could say.
    return undefined
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
