import { maskXml } from './mask-xml.ts'
import { isSecretName, MASK } from './secret-name.ts'

export { isSecretName, MASK } from './secret-name.ts'

/** An address in a query in an address: deeper is not looked. */
const MAX_DEPTH = 3

/**
 * Whether a header is hidden: by its name, or by what its value holds, as an address with a secret in it (`Referer`,
 * `Location`), JSON, or members with names of their own (`baggage`).
 */
export function isSecretField (name: string, value: string): boolean {
  return isSecretName(name) || holdsSecret(value, 0) ||
    [...value.matchAll(MEMBER)].some(([, member = '']) => isSecretName(decode(member)))
}

/** Hides who logs in, and the values of a query and of a fragment, and leaves everything else as it is. */
export function maskTarget (target: string, depth = 0): string {
  const shown = target.replace(USER, `://${MASK}@`)
  const at = shown.search(QUERY)
  return at === -1 ? shown : shown.slice(0, at + 1) + maskForm(shown.slice(at + 1), depth)
}

/** `a=1&token=…`: the pairs keep their place and their spelling. */
export function maskForm (text: string, depth = 0): string {
  return text.replace(PAIR, (pair, name: string, value: string) =>
    isSecretName(decode(name)) || holdsSecret(decode(value.replaceAll('+', ' ')), depth) ? `${name}=${MASK}` : pair)
}

function holdsSecret (text: string, depth: number): boolean {
  return maskText(text, depth) !== text
}

/** Hides values in JSON, also where its end is missing. Objects, lists and texts are looked into, not hidden. */
export function maskJson (text: string, depth = 0): string {
  let masked = ''
  let from = 0
  for (const { 0: quoted, index } of text.matchAll(JSON_TEXT)) {
    if (index < from || quoted.length < 3) continue
    const said = unescape(quoted)
    JSON_VALUE.lastIndex = index + quoted.length
    const [, between] = isSecretName(said) ? JSON_VALUE.exec(text) ?? [] : []
    if (between !== undefined) {
      masked += `${text.slice(from, index)}${quoted}${between}"${MASK}"`
      from = JSON_VALUE.lastIndex
      continue
    }
    const shown = maskQuoted(quoted, said, depth)
    if (shown === quoted) continue
    masked += text.slice(from, index) + shown
    from = index + quoted.length
  }
  return masked + text.slice(from)
}

/** A text in JSON, whose last quote may be missing; or, with lines, what stands between two quotes in another text. */
function maskQuoted (quoted: string, said: string, depth: number): string {
  if (quoted.includes('\n')) return quoted.split('\n').map(line => maskText(line, depth)).join('\n')
  const shown = maskText(said, depth)
  if (shown === said) return quoted
  return quoted.endsWith('"') ? JSON.stringify(shown) : JSON.stringify(shown).slice(0, -1)
}

/** Hides what a text holds that is an address or JSON itself. */
function maskText (text: string, depth: number): string {
  return depth < MAX_DEPTH && MAY_HOLD.test(text) ? maskTarget(maskJson(text, depth + 1), depth + 1) : text
}

/** What a text in JSON says; its last quote may be missing. */
function unescape (quoted: string): string {
  const inner = quoted.slice(1, quoted.length > 1 && quoted.endsWith('"') ? -1 : undefined)
  return inner.includes('\\')
    ? inner.replace(ESCAPE, (_all, code: string | undefined, char: string) =>
      code === undefined ? ESCAPED[char] ?? char : String.fromCharCode(Number.parseInt(code, 16)))
    : inner
}

/** By the body's type; undefined where nothing of it is hidden. */
export function maskBody (text: string, contentType = ''): string | undefined {
  const masked = maskByType(text, contentType)
  return masked === text ? undefined : masked
}

/** Puts values back into a target that was edited while they were hidden: the first of a name first. */
export function unmaskTarget (edited: string, original: string): string {
  const users = [...original.matchAll(USER)].map(([user]) => user)
  const target = edited.replaceAll(`://${MASK}@`, masked => users.shift() ?? masked)
  const left = [...queryOf(original).matchAll(PAIR)].map(([, name = '', value = '']) => ({ name, value }))
  const at = target.search(QUERY)
  if (at === -1) return target
  return target.slice(0, at + 1) + target.slice(at + 1).replace(PAIR, (pair, name: string, value: string) => {
    const known = left.findIndex(one => one.name === name)
    const [taken] = known === -1 ? [] : left.splice(known, 1)
    return value === MASK && taken !== undefined ? `${name}=${taken.value}` : pair
  })
}

// All of them are read once from left to right: what a caller sends must not make them begin again at every byte.
const QUERY = /[?#]/
// Most texts are neither an address with a query or a user, nor JSON.
const MAY_HOLD = /[?#@"]/
// Before a path begins, up to the last "@": `https://maria:secret@shop.example`.
const USER = /:\/\/[^\s/?#"]+@/g
// Some servers read ";" as "&"; to others it belongs to the value.
const PAIR = /(?<=^|[&;#])([^&=;#]+)=([^&;#]*(?:;[^&=;#]*(?=[&;#]|$))*)/g
// A list in brackets is no value: `publickey-credentials-get=()` of a Permissions-Policy.
const MEMBER = /(?<=^|[,;\s])([^\s,;="]+)=(?!\()/g
const JSON_TEXT = /"[^"\\]*(?:\\.?[^"\\]*)*(?:"|$)/gs
// What stands before a value, and a value that is a text, a number or a word.
const JSON_VALUE = /(\s*:\s*)(?:"[^"\\]*(?:\\.?[^"\\]*)*(?:"|$)|[\w.+-]+)/ys
const ESCAPE = /\\(?:u([0-9a-f]{4})|(.?))/gis
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
const BOUNDARY = /;\s*boundary=(?:"([^"]*)"|([^\s;]*))/i

function maskByType (text: string, contentType: string): string {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return maskForm(text)
  if (/^multipart\//i.test(contentType)) {
    const [, quoted, plain] = BOUNDARY.exec(contentType) ?? []
    // A type that names none: the first line is one.
    const between = `\n--${quoted ?? plain ?? /^--([^\r\n]*)/.exec(text)?.[1] ?? ''}`
    return text.split(between).map(maskPart).join(between)
  }
  return maskPlain(text)
}

/** Programs send JSON and XML under any type. Their pages hold both. */
function maskPlain (text: string): string {
  const masked = maskJson(text)
  return /^\s*</.test(masked) ? maskXml(masked, said => maskText(said, 0)) : masked
}

/** A part of a form: its head, an empty line, its value (RFC 7578). */
function maskPart (part: string): string {
  const at = part.search(/\n\r?\n/)
  if (at === -1) return part
  const from = at + (part[at + 1] === '\r' ? 3 : 2)
  const [, name = ''] = /\bname="?([^";\r\n]*)/i.exec(part.slice(0, at)) ?? []
  return part.slice(0, from) + (isSecretName(name) ? `${MASK}${part.endsWith('\r') ? '\r' : ''}` : maskPlain(part.slice(from)))
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
