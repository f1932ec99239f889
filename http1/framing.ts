import type { FieldTable } from './field-table.ts'

/** How the length of a body is known (RFC 9112, 6). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length', readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }

export const NO_BODY: Framing = { kind: 'none' }
export const UNTIL_CLOSE: Framing = { kind: 'until-close' }
const CHUNKED: Framing = { kind: 'chunked' }

/**
 * What Content-Length and Transfer-Encoding say, when they say it in the one way every server reads alike: at most one
 * Content-Length of digits, or exactly one Transfer-Encoding that is `chunked`, never both.
 *
 * @returns undefined when it is ambiguous; 'absent' when neither stands there.
 */
export function declaredFraming (fields: FieldTable): Framing | 'absent' | undefined {
  const { contentLengths, transferEncodings, contentLength } = fields
  if (contentLengths === 0 && transferEncodings === 0) return 'absent'
  if (contentLengths + transferEncodings > 1) return undefined
  if (transferEncodings === 1) return fields.chunked ? CHUNKED : undefined
  if (contentLength === -1) return undefined
  return contentLength === 0 ? NO_BODY : { kind: 'length', length: contentLength }
}
