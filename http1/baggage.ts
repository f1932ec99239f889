import { listMembers, type Field } from './fields.ts'

/**
 * The values of one baggage member, over all baggage lines (W3C Baggage, 3.2): percent-decoded, properties left out.
 * Members that are not `key=value` are passed over: other tools' data is not ours to judge.
 */
export function baggageValues (fields: readonly Field[], key: string): string[] {
  const values: string[] = []
  for (const member of listMembers(fields, 'baggage')) {
    const [pair = ''] = member.split(';', 1)
    const equals = pair.indexOf('=')
    if (equals === -1 || pair.slice(0, equals).trim() !== key) continue
    values.push(decodeValue(pair.slice(equals + 1).trim()))
  }
  return values
}

// Percent-encoded UTF-8 becomes the bytes themselves, one char each, as all values here are.
function decodeValue (value: string): string {
  try {
    return Buffer.from(decodeURIComponent(value)).toString('latin1')
  } catch {
    return value
  }
}
