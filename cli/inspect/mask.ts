/** What stands in place of a hidden value. */
export const MASK = '••••'

const SECRET_NAME = /authorization|cookie|token|secret|passw|passphrase|credential|session|(^|[-_.])(key|auth|pwd|jwt|otp|sig|signature)$|api[-_]?key/i
// privateKey, but not monkey.
const CAMEL_KEY = /[a-z]Key$/
// The handshake of a WebSocket proves nothing and hides nothing.
const OPEN_NAME = /^sec-websocket-/i

/** Whether the value of a header, a query parameter or a field of that name is hidden until somebody asks for it. */
export function isSecretName (name: string): boolean {
  return (SECRET_NAME.test(name) || CAMEL_KEY.test(name)) && !OPEN_NAME.test(name)
}

/** Whether a header is hidden: by its name, or as an address with a secret in it, as `Referer` and `Location` hold. */
export function isSecretField (name: string, value: string): boolean {
  return isSecretName(name) || maskTarget(value) !== value
}

/** Hides the values of a query and of a fragment, and leaves everything else as it is. */
export function maskTarget (target: string): string {
  const at = target.search(QUERY)
  return at === -1 ? target : target.slice(0, at + 1) + maskForm(target.slice(at + 1))
}

/** `a=1&token=…`: the pairs keep their place and their spelling. */
export function maskForm (text: string): string {
  return text.replace(PAIR, (pair, name: string) => isSecretName(decode(name)) ? `${name}=${MASK}` : pair)
}

/** Hides values in JSON, also where its end is missing. Objects and lists are looked into, not hidden. */
export function maskJson (text: string): string {
  let masked = ''
  let from = 0
  for (const { 0: quoted, index } of text.matchAll(JSON_TEXT)) {
    if (index < from || !isSecretName(quoted.slice(1, -1))) continue
    JSON_VALUE.lastIndex = index + quoted.length
    const [, between] = JSON_VALUE.exec(text) ?? []
    if (between === undefined) continue
    masked += `${text.slice(from, index)}${quoted}${between}"${MASK}"`
    from = JSON_VALUE.lastIndex
  }
  return masked + text.slice(from)
}

/** By the body's type; undefined where nothing of it is hidden. */
export function maskBody (text: string, contentType = ''): string | undefined {
  const masked = maskByType(text, contentType)
  return masked === text ? undefined : masked
}

/** Puts values back into a query that was edited while they were hidden: the first of a name first. */
export function unmaskTarget (edited: string, original: string): string {
  const left = [...queryOf(original).matchAll(PAIR)].map(([, name = '', value = '']) => ({ name, value }))
  const at = edited.search(QUERY)
  if (at === -1) return edited
  return edited.slice(0, at + 1) + edited.slice(at + 1).replace(PAIR, (pair, name: string, value: string) => {
    const known = left.findIndex(one => one.name === name)
    const [taken] = known === -1 ? [] : left.splice(known, 1)
    return value === MASK && taken !== undefined ? `${name}=${taken.value}` : pair
  })
}

// All of them are read once from left to right: what a caller sends must not make them begin again at every byte.
const QUERY = /[?#]/
const PAIR = /(?<=^|[&;#])([^&=;#]+)=([^&#]*)/g
const JSON_TEXT = /"[^"\\]*(?:\\.?[^"\\]*)*(?:"|$)/gs
// What stands before a value, and a value that is a text, a number or a word.
const JSON_VALUE = /(\s*:\s*)(?:"[^"\\]*(?:\\.?[^"\\]*)*(?:"|$)|[\w.+-]+)/ys

function maskByType (text: string, contentType: string): string {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return maskForm(text)
  if (/^multipart\//i.test(contentType)) return text.split('\n--').map(maskPart).join('\n--')
  // Programs send JSON under these, too.
  return /json|^text\/(?:plain|event-stream)\b|^$/i.test(contentType) ? maskJson(text) : text
}

/** A part of a form: its head, an empty line, its value (RFC 7578). */
function maskPart (part: string): string {
  const at = part.search(/\n\r?\n/)
  if (at === -1) return part
  const from = at + (part[at + 1] === '\r' ? 3 : 2)
  const [, name = ''] = /\bname="?([^";\r\n]*)/i.exec(part.slice(0, at)) ?? []
  return part.slice(0, from) + (isSecretName(name) ? `${MASK}${part.endsWith('\r') ? '\r' : ''}` : maskJson(part.slice(from)))
}

function queryOf (target: string): string {
  const at = target.search(QUERY)
  return at === -1 ? '' : target.slice(at + 1)
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
