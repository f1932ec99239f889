import type { PodVariable } from './pod-variable.ts'

// Words in the names of variables that hold what nobody should read over a shoulder.
const SECRET_NAME = new RegExp([
  'pass(word|wd|phrase)', 'secret', 'token', 'credential', '(api|private|access|signing|encryption)[-_.]?key',
  'connection[-_.]?string', '(^|[-_.])(pass|pwd|auth)($|[-_.])'
].join('|'), 'i')

// `postgres://maria:secret@db/orders`, and keys as text.
const SECRET_VALUE = /[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]*:[^\s/?#@]+@|-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/i

/**
 * Whether a value is hidden unless it is asked for: what comes from a Secret or is put together with such a value, what
 * has the name of a secret, and what holds a password as part of an address, or a private key.
 */
export function isHidden ({ name, value, isSecret }: Pick<PodVariable, 'name' | 'value' | 'isSecret'>): boolean {
  return isSecret || (value !== '' && (SECRET_NAME.test(name) || SECRET_VALUE.test(value)))
}
