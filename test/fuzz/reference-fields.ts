/** A header line: its name in lower case, and its value without the whitespace around it; bytes as latin1. */
export type ReferenceField = readonly [name: string, value: string]

const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/s

/**
 * Reads lines without their CRLF (RFC 9112, 5).
 *
 * @returns undefined where one is no field line, or folded, or holds NUL, CR or LF.
 */
export function parseFieldLines (lines: readonly string[]):
  { readonly fields: readonly ReferenceField[], readonly doubt: boolean } | undefined {
  const fields: ReferenceField[] = []
  let doubt = false
  for (const line of lines) {
    const [, name, value] = FIELD_LINE.exec(line) ?? []
    if (name === undefined || value === undefined || /[\0\r\n]/.test(value)) return undefined
    // RFC 9110, 5.5: other controls are invalid, and a recipient may keep them; the design does not name them.
    if (/[\x01-\x08\x0b-\x1f\x7f]/.test(value)) doubt = true // eslint-disable-line no-control-regex
    fields.push([name.toLowerCase(), value])
  }
  return { fields, doubt }
}

/** The values of all lines of one name. */
export function valuesOf (fields: readonly ReferenceField[], name: string): string[] {
  return fields.filter(field => field[0] === name).map(field => field[1])
}

/** The words of a list header, in lower case (RFC 9110, 5.6.1). */
export function wordsOf (fields: readonly ReferenceField[], name: string): string[] {
  return valuesOf(fields, name).flatMap(value => value.split(',')).map(word => word.trim().toLowerCase())
}
