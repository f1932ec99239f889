import type { Field } from '../browse/fields.ts'

/** RFC 9110, 7.6.1, and what was written before it. */
const HOPS = new Set([
  'connection', 'http2-settings', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection',
  'transfer-encoding', 'upgrade'
])

/** Never taken away by a Connection line: it would be a way to have the gateway drop what it or the app needs. */
const KEPT = new Set(['authorization', 'cookie', 'content-length', 'host', 'origin', 'set-cookie'])

/** The lines that belong to the message, not to the connection that it came on. */
export function withoutHops (fields: readonly Field[]): Field[] {
  const named = new Set(fields.filter(([name]) => name === 'connection')
    .flatMap(([, value]) => value.split(',').map(token => token.trim().toLowerCase()))
    .filter(name => !KEPT.has(name) && name !== 'te' && name !== 'trailer'))
  return fields.filter(([name, value]) =>
    !HOPS.has(name) && !named.has(name) && (name !== 'te' || /\btrailers\b/i.test(value)))
}
