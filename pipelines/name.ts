import { createHash } from 'node:crypto'
import { MAX_NAME_LENGTH } from '../environments/names.ts'

const HASH_LENGTH = 6
const FITS = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

/**
 * A name for an environment out of any text, as a branch's name may be. What does not fit gets a hash at its end: two
 * branches whose names differ in what is left away must not share an environment.
 *
 * @throws {Error} for a text without any letter or digit.
 */
export function environmentNameOf (text: string): string {
  if (FITS.test(text) && text.length <= MAX_NAME_LENGTH) return text
  const words = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '')
  if (words === '') throw new Error(`No environment can be named after "${text}"`)
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
  const named = /^[a-z]/.test(words) ? words : `e-${words}`
  return `${named.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1).replace(/-+$/, '')}-${hash}`
}
