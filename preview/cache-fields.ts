import type { Field } from '../browse/fields.ts'

/** To caches between us and the visitor alone. */
const SHARED_ALONE = new Set(['cdn-cache-control', 'surrogate-control', 'x-accel-expires'])
const DIRECTIVE = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g
const REPLACED = /^(?:public|private|s-maxage|proxy-revalidate)(?=[\s=]|$)/i

/**
 * The header lines of an answer that no shared cache keeps: one would hand it to whoever asks for the same URL, without
 * the cookie and after the link has ended. The visitor's own browser may keep what the app lets it.
 */
export function keptPrivate (fields: readonly Field[]): Field[] {
  const directives = fields.filter(([name]) => name === 'cache-control')
    .flatMap(([, value]) => value.match(DIRECTIVE) ?? [])
    .map(directive => directive.trim())
    .filter(directive => directive !== '' && !REPLACED.test(directive))
  return [
    ...fields.filter(([name]) => name !== 'cache-control' && !SHARED_ALONE.has(name)),
    ['cache-control', ['private', ...directives].join(', '), 'Cache-Control']
  ]
}
