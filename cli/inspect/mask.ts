/** What stands in place of a hidden value. */
export const MASK = '••••'

const SECRET_NAME = /authorization|cookie|token|secret|passw|credential|session|(^|[-_.])key$|api[-_]?key/i
// privateKey, but not monkey.
const CAMEL_KEY = /[a-z]Key$/
// The handshake of a WebSocket proves nothing and hides nothing.
const OPEN_NAME = /^sec-websocket-/i

/** Whether the value of a header, a query parameter or a field of that name is hidden until somebody asks for it. */
export function isSecretName (name: string): boolean {
  return (SECRET_NAME.test(name) || CAMEL_KEY.test(name)) && !OPEN_NAME.test(name)
}

/** Hides the values of a query, and leaves everything else as it is. */
export function maskTarget (target: string): string {
  const at = target.indexOf('?')
  return at === -1 ? target : target.slice(0, at + 1) + maskForm(target.slice(at + 1))
}

/** `a=1&token=…`: the pairs keep their place and their spelling. */
export function maskForm (text: string): string {
  return text.replace(PAIR, (pair, name: string) => isSecretName(decode(name)) ? `${name}=${MASK}` : pair)
}

/** Hides values in JSON, also where its end is missing. Objects and lists are looked into, not hidden. */
export function maskJson (text: string): string {
  return text.replace(JSON_FIELD, (field, name: string, between: string) =>
    isSecretName(name) ? `"${name}"${between}"${MASK}"` : field)
}

/** By the body's type; undefined where nothing of it is hidden. */
export function maskBody (text: string, contentType: string | undefined): string | undefined {
  const masked = /\bjson\b/i.test(contentType ?? '')
    ? maskJson(text)
    : /^application\/x-www-form-urlencoded\b/i.test(contentType ?? '') ? maskForm(text) : text
  return masked === text ? undefined : masked
}

/** Puts values back into a query that was edited while they were hidden. */
export function unmaskTarget (edited: string, original: string): string {
  const known = new Map([...queryOf(original).matchAll(PAIR)].map(([, name = '', value = '']) => [name, value]))
  const at = edited.indexOf('?')
  if (at === -1) return edited
  return edited.slice(0, at + 1) + edited.slice(at + 1).replace(PAIR, (pair, name: string, value: string) =>
    value === MASK && known.has(name) ? `${name}=${known.get(name) ?? ''}` : pair)
}

const PAIR = /([^&=;#]+)=([^&#]*)/g
// A name, what stands before the value, and a value that is a text, a number or a word.
const JSON_FIELD = /"((?:[^"\\]|\\.)*)"(\s*:\s*)("(?:[^"\\]|\\.)*"?|[\w.+-]+)/g

function queryOf (target: string): string {
  const at = target.indexOf('?')
  return at === -1 ? '' : target.slice(at + 1)
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
