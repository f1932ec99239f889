/** A slow, obvious reading of the W3C Baggage text and of the design's section on propagation; nothing of http1/. */
import { valuesOf, wordsOf, type ReferenceField } from './reference-fields.ts'

const MEMBER = 'waylay-id'

/** Values of the member over all baggage lines, as bytes. */
export function baggageIds (fields: readonly ReferenceField[]): string[] {
  return valuesOf(fields, 'baggage').flatMap(line => line.split(',')).flatMap(member => {
    const [, key, value] = /^[ \t]*([^=;]*?)[ \t]*=[ \t]*([^;]*?)[ \t]*(;.*)?$/s.exec(member) ?? []
    return key === MEMBER && value !== undefined ? [decode(value)] : []
  })
}

/** The head as app or developer gets it, where the proxy adds the member. `head`, where it adds nothing. */
export function withMember (fields: readonly ReferenceField[], head: Buffer): Buffer {
  const id = valuesOf(fields, 'x-waylay-id').filter(value => value !== '').at(-1)
  const thisHop = wordsOf(fields, 'connection')
  if (id === undefined || thisHop.includes('x-waylay-id') || thisHop.includes('baggage')) return head
  if (baggageIds(fields).length > 0 || !isUtf8(id)) return head
  const member = `${MEMBER}=${encode(id)}`
  const changed = append(head.toString('latin1'), member)
  const lines = changed.slice(0, -4).split('\r\n').slice(1).filter(line => /^baggage:/i.test(line))
    .map(line => line.slice('baggage:'.length).replace(/^[ \t]+|[ \t]+$/g, ''))
  const members = lines.flatMap(line => line.split(',')).filter(text => text.replace(/[ \t]/g, '') !== '')
  // A line of its own would be the hundredth.
  const hasRoom = valuesOf(fields, 'baggage').length > 0 || fields.length < 99
  const fits = hasRoom && members.length <= 64 && lines.join(',').length <= 8192 && changed.length <= 8192
  return fits ? Buffer.from(changed, 'latin1') : head
}

/** How much of a head whose end has not come may wait: from the first line on that may have to do with the member. */
export function mayWait (begun: Buffer): number {
  if (begun.length > 8192 || begun.includes('\r\n\r\n')) return 0
  const text = begun.toString('latin1').toLowerCase()
  let at = text.indexOf('\n')
  while (at !== -1) {
    const line = text.slice(at + 1)
    if (['baggage:', 'x-waylay-id:'].some(name => line.startsWith(name) || name.startsWith(line))) return line.length
    at = text.indexOf('\n', at + 1)
  }
  return 0
}

function append (head: string, member: string): string {
  const lines = head.slice(0, -4).split('\r\n')
  const last = lines.findLastIndex((line, index) => index > 0 && /^baggage:/i.test(line))
  if (last === -1) return [...lines, `baggage: ${member}`].join('\r\n') + '\r\n\r\n'
  const [, before = '', after = ''] = /^(.*?)([ \t]*)$/s.exec(lines[last] ?? '') ?? []
  const isEmpty = /^baggage:$/i.test(before)
  // Behind nothing, all of the whitespace is before the member.
  lines[last] = isEmpty
    ? `${before}${after}${member}`
    : `${before}${before.endsWith(',') ? '' : ','}${member}${after}`
  return lines.join('\r\n') + '\r\n\r\n'
}

function decode (text: string): string {
  if (!text.includes('%')) return text
  let bytes = ''
  for (let at = 0; at < text.length; at++) {
    const digits = text.slice(at + 1, at + 3)
    const isEscape = text[at] === '%' && /^[0-9A-Fa-f]{2}$/.test(digits)
    bytes += isEscape ? String.fromCharCode(Number.parseInt(digits, 16)) : text.charAt(at)
    if (isEscape) at += 2
  }
  // What is no UTF-8 becomes U+FFFD.
  return Buffer.from(Buffer.from(bytes, 'latin1').toString('utf8')).toString('latin1')
}

function encode (bytes: string): string {
  return [...bytes].map(char =>
    /[A-Za-z0-9\-_.!~*'()]/.test(char) ? char : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

function isUtf8 (bytes: string): boolean {
  return Buffer.from(Buffer.from(bytes, 'latin1').toString('utf8')).toString('latin1') === bytes
}
