import { WaylayError } from '../common/errors.ts'
import { MATCH_LIMITS } from './match-limits.ts'
import { refusedText } from './refused-text.ts'

// Every registered method is written so, and methods differ by case (RFC 9110, 9.1; 16.1.2).
const METHOD = /^[A-Z][A-Z0-9-]*$/

/**
 * Reads `match.methods`: the request must have one of them. In a stable order and without repetition.
 *
 * @throws {WaylayError} `WAYLAY_MATCH_MALFORMED` naming what is wrong.
 */
export function readMethods (items: unknown): readonly string[] {
  if (!Array.isArray(items)) throw malformed(items, 'match.methods is not a list')
  const methods = [...new Set(items.map(readMethod))].sort()
  if (methods.length > MATCH_LIMITS.methods) {
    throw malformed(methods.join(', '), `these are ${methods.length} methods, at most ${MATCH_LIMITS.methods} are allowed`)
  }
  return methods
}

/**
 * Reads one method, upper case as it is sent.
 *
 * @throws {WaylayError} `WAYLAY_MATCH_MALFORMED` naming what is wrong.
 */
export function readMethod (item: unknown): string {
  if (typeof item !== 'string') throw malformed(item, 'it is not text')
  if (!METHOD.test(item)) throw malformed(item, 'a method is written in upper-case letters')
  if (item.length > MATCH_LIMITS.methodLength) {
    throw malformed(item, `it has ${item.length} characters, at most ${MATCH_LIMITS.methodLength} are allowed`)
  }
  return item
}

function malformed (text: unknown, why: string): WaylayError {
  return new WaylayError('WAYLAY_MATCH_MALFORMED', `Cannot read the method "${refusedText(text)}": ${why}`, {
    hint: 'Write it as it is sent, for example --http-method POST.'
  })
}
