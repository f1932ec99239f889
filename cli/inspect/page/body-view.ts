import type { BodyView, FieldView } from '../view-types.ts'
import { h } from './dom.ts'
import { size } from './format.ts'
import { paintJson, prettyJson } from './pretty-json.ts'
import { attempt, copy } from './toast.ts'

const IMAGE = /^image\/(png|jpeg|gif|webp|avif|svg\+xml|x-icon)\b/i
const HEX_ROW_BYTES = 16
const MAX_HEX_BYTES = 4096
/** Longer ones are plain text: an element for each value would be more than a page can hold. */
const MAX_PAINTED_LENGTH = 100_000

/** A body as people read it: JSON in lines, a form as a table, an image as one, bytes in hexadecimal. */
export function bodyView (body: BodyView, reveal: () => void): HTMLElement {
  const { totalBytes, keptBytes, isCut, contentType, encoding, text, isHidden } = body
  if (totalBytes === 0) return h('p', { class: 'faint none' }, 'No body')
  const facts = [size(totalBytes), contentType, encoding].filter(fact => fact !== undefined).join(' · ')
  return h('div', { class: 'body' },
    h('div', { class: 'body-head' },
      h('span', { class: 'faint num' }, facts),
      h('span', { class: 'grow' }),
      isHidden && h('button', { type: 'button', class: 'quiet', onclick: reveal }, 'Show hidden values'),
      text !== undefined && h('button', {
        type: 'button', class: 'quiet', onclick: () => { attempt(async () => { await copy(text, 'Body') }) }
      }, 'Copy')),
    isCut && h('p', { class: 'notice' }, `Only the first ${size(keptBytes)} were kept.`),
    contentOf(body))
}

function contentOf ({ contentType = '', text, base64 = '' }: BodyView): HTMLElement {
  if (IMAGE.test(contentType)) {
    return imageOf(contentType, text === undefined ? bytesOf(base64) : new TextEncoder().encode(text))
  }
  if (text === undefined) return hexOf(bytesOf(base64))
  const isSmall = text.length <= MAX_PAINTED_LENGTH
  if (isSmall && /^application\/x-www-form-urlencoded\b/i.test(contentType)) return formOf(text)
  const shown = /\bjson\b/i.test(contentType) ? prettyJson(text) : text
  const isPainted = /\bjson\b/i.test(contentType) && shown.length <= MAX_PAINTED_LENGTH
  return h('pre', { class: 'mono', tabindex: 0 }, ...isPainted ? jsonOf(shown) : [shown])
}

function jsonOf (text: string): readonly (Node | string)[] {
  return paintJson(text).map(piece => piece.kind === undefined ? piece.text : h('span', { class: `j-${piece.kind}` }, piece.text))
}

function formOf (text: string): HTMLElement {
  return h('table', { class: 'fields' }, h('tbody', {}, ...[...new URLSearchParams(text)].map(([name, value]) =>
    h('tr', {}, h('th', { scope: 'row', class: 'mono' }, name), h('td', { class: 'mono' }, value)))))
}

function imageOf (type: string, bytes: Uint8Array<ArrayBuffer>): HTMLElement {
  const image = h('img', { class: 'picture', alt: 'The body, as an image' })
  const address = URL.createObjectURL(new Blob([bytes], { type }))
  const done = (): void => { URL.revokeObjectURL(address) }
  image.addEventListener('load', done)
  image.addEventListener('error', () => {
    done()
    image.replaceWith(hexOf(bytes))
  })
  image.src = address
  return image
}

function bytesOf (base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), char => char.charCodeAt(0))
}

function hexOf (bytes: Uint8Array): HTMLElement {
  const lines: string[] = []
  for (let at = 0; at < Math.min(bytes.length, MAX_HEX_BYTES); at += HEX_ROW_BYTES) {
    const row = [...bytes.subarray(at, at + HEX_ROW_BYTES)]
    const hex = row.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const text = row.map(byte => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.').join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(HEX_ROW_BYTES * 3)} ${text}`)
  }
  if (bytes.length > MAX_HEX_BYTES) lines.push(`… ${size(bytes.length - MAX_HEX_BYTES)} more`)
  return h('pre', { class: 'mono hex', tabindex: 0 }, lines.join('\n'))
}

/** Header lines; hidden values are buttons. */
export function fieldsView (fields: readonly FieldView[], reveal: (name: string) => void): HTMLElement {
  return h('table', { class: 'fields' }, h('tbody', {}, ...fields.map(({ name, value }) =>
    h('tr', {},
      h('th', { scope: 'row', class: 'mono' }, name),
      h('td', { class: 'mono' }, value ?? h('button', {
        type: 'button', class: 'mask', 'aria-label': `Show the value of ${name}`, title: 'Show', onclick: () => { reveal(name) }
      }, '••••'))))))
}
