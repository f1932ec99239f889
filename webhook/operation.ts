/** The two JSON Patch operations we use (RFC 6902). */
export type Operation = AddOperation | ReplaceOperation

export type AddOperation = { readonly op: 'add', readonly path: string, readonly value: unknown }

/** Only for the port of a probe. */
export type ReplaceOperation = { readonly op: 'replace', readonly path: string, readonly value: number }

/** Writes one segment of a JSON pointer (RFC 6901, 3). */
export function escapeSegment (segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}
