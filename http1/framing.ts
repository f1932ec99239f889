import type { Field } from './fields.ts'

/** How the length of a body is known (RFC 9112, 6). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length', readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }

// 15 digits stay below 2^53, so every value is exact.
const CONTENT_LENGTH = /^[0-9]{1,15}$/

/**
 * What Content-Length and Transfer-Encoding say, when they say it in the one way every server reads alike: at most one
 * Content-Length of digits, or exactly one Transfer-Encoding that is `chunked`, never both.
 *
 * @returns undefined when it is ambiguous; 'absent' when neither stands there.
 */
export function declaredFraming (fields: readonly Field[]): Framing | 'absent' | undefined {
  let length: string | undefined
  let coding: string | undefined
  for (const [name, value] of fields) {
    if (name === 'content-length') {
      if (length !== undefined) return undefined
      length = value
    } else if (name === 'transfer-encoding') {
      if (coding !== undefined) return undefined
      coding = value
    }
  }
  if (coding !== undefined) {
    return length === undefined && coding.toLowerCase() === 'chunked' ? { kind: 'chunked' } : undefined
  }
  if (length === undefined) return 'absent'
  return CONTENT_LENGTH.test(length) ? { kind: 'length', length: Number(length) } : undefined
}
