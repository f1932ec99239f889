import { IS_TOKEN } from './syntax.ts'

/**
 * One header line: name in lower case, value without the whitespace around it, name as it was sent. All are latin1: one
 * char a byte.
 */
export type Field = readonly [name: string, value: string, sentName?: string]

/**
 * Reads the header lines of a head, from after the start line to before the last CRLF.
 *
 * @param lines latin1; every line ends with CRLF.
 * @returns undefined when a line is not exactly `token ":" OWS value OWS CRLF`: folded lines, whitespace before the
 *   colon, bare CR or LF and NUL are ways to be read differently by two servers (RFC 9112, 5), so we do not read them.
 */
export function parseFields (lines: string): Field[] | undefined {
  const fields: Field[] = []
  let at = 0
  while (at < lines.length) {
    const end = lines.indexOf('\r\n', at)
    const colon = lines.indexOf(':', at)
    if (end === -1 || colon === -1 || colon >= end || colon === at) return undefined
    if (!isToken(lines, at, colon)) return undefined
    const value = lines.slice(colon + 1, end)
    if (hasForbiddenControl(value)) return undefined
    const sentName = lines.slice(at, colon)
    fields.push([sentName.toLowerCase(), trimOws(value), sentName])
    at = end + 2
  }
  return fields
}

/** Members of a comma-separated list in all lines of one field, trimmed, empty ones left out (RFC 9110, 5.6.1). */
export function listMembers (fields: readonly Field[], name: string): string[] {
  const members: string[] = []
  for (const [key, value] of fields) {
    if (key !== name) continue
    for (const member of value.split(',')) {
      const trimmed = trimOws(member)
      if (trimmed !== '') members.push(trimmed)
    }
  }
  return members
}

/** Removes optional whitespace (SP, HTAB) at both ends; other space characters belong to the value. */
export function trimOws (text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isOws(text.charCodeAt(start))) start++
  while (end > start && isOws(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

function isOws (code: number): boolean {
  return code === 32 || code === 9
}

function isToken (text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (IS_TOKEN[text.charCodeAt(at)] !== 1) return false
  }
  return to > from
}

function hasForbiddenControl (value: string): boolean {
  return value.includes('\0') || value.includes('\r') || value.includes('\n')
}
