import { randomInt } from 'node:crypto'

const MAX_LABEL_LENGTH = 20
const RANDOM_LENGTH = 8
// RFC 4648, 6 in lower case: no 0, 1, 8 or 9 to be misread.
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * A short name for a user: the last segment after `/`, `:` or `\`, the part before `@`, at most 20 characters, and only
 * those that need no escape in a header or in baggage.
 */
export function userLabel (userName: string): string {
  const last = userName.split(/[/:\\]/).filter(Boolean).at(-1) ?? ''
  const label = (last.split('@')[0] ?? '').toLowerCase().replace(/[^a-z0-9._-]+/g, '-').slice(0, MAX_LABEL_LENGTH)
  return label.replace(/^[-.]+|[-.]+$/g, '') || 'developer'
}

/** A routing value nobody can guess: the user's label, `-`, 8 random base32 characters (40 bits). */
export function newRoutingValue (userName: string): string {
  return randomValue(userLabel(userName))
}

/** The same, with this very label in front. */
export function randomValue (label: string): string {
  return `${label}-${Array.from({ length: RANDOM_LENGTH }, () => BASE32[randomInt(BASE32.length)]).join('')}`
}
