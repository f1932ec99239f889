/**
 * The values of one baggage member, over all baggage lines (W3C Baggage, 3.2): percent-decoded, properties left out.
 * Members that are not `key=value` are passed over: other tools' data is not ours to judge.
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

const NONE: readonly string[] = []

function memberValue (member: string, key: string): string | undefined {
  const [pair = ''] = member.split(';', 1)
  const equals = pair.indexOf('=')
  if (equals === -1 || pair.slice(0, equals).trim() !== key) return undefined
  return decodeValue(pair.slice(equals + 1).trim())
}

// Percent-encoded UTF-8 becomes the bytes themselves, one char each, as all values here are.
function decodeValue (value: string): string {
  try {
    return Buffer.from(decodeURIComponent(value)).toString('latin1')
  } catch {
    return value
  }
}
