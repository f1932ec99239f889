/** The JSON Patch operations we use (RFC 6902). */
export type Operation = AddOperation | ReplaceOperation | RemoveOperation

export type AddOperation = { readonly op: 'add', readonly path: string, readonly value: unknown }

/** For what a probe says: its port, or what a mesh has made of it. */
export type ReplaceOperation = { readonly op: 'replace', readonly path: string, readonly value: number | string }

/** Only for what is ours. */
export type RemoveOperation = { readonly op: 'remove', readonly path: string }

/** Writes one segment of a JSON pointer (RFC 6901, 3). */
export function escapeSegment (segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}
