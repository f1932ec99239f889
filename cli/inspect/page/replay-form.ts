import { MASK } from '../mask.ts'
import type { Detail, ReplayWish } from '../view-types.ts'
import { h } from './dom.ts'
import { size } from './format.ts'
import { prettyJson } from './pretty-json.ts'
import { fetchDetail, sendReplay } from './server.ts'
import { attempt } from './toast.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const

/** The request as a form. Hidden values stay hidden and are sent as they were. @param onSent gets the new id. */
export function replayForm (detail: Detail, onSent: (id: number) => void): HTMLElement {
  const method = h('input', { name: 'method', class: 'mono', value: detail.method, list: 'methods', required: true, 'aria-label': 'Method', size: 8 })
  const target = h('input', { name: 'target', class: 'mono', value: detail.target, required: true, 'aria-label': 'Path' })
  const headers = h('textarea', { name: 'headers', class: 'mono', rows: Math.min(12, detail.request.headers.length + 1), spellcheck: 'false', 'aria-describedby': 'headers-hint' })
  headers.value = detail.request.headers.map(({ name, value }) => `${name}: ${value ?? MASK}`).join('\n')
  const body = new BodyField(detail)
  const send = (event: Event): void => {
    event.preventDefault()
    attempt(async () => {
      const wish: ReplayWish = {
        method: method.value.trim(), target: target.value.trim(), headers: parseHeaders(headers.value), ...body.wish
      }
      onSent(await sendReplay(detail.id, wish))
    })
  }
  return h('form', { class: 'replay', onsubmit: send },
    h('datalist', { id: 'methods' }, ...METHODS.map(name => h('option', { value: name }))),
    h('div', { class: 'line' }, method, target),
    h('label', {}, 'Headers', headers),
    h('p', { class: 'faint', id: 'headers-hint' }, `One on each line. ${MASK} is sent as the value that was there; the length of the body is written anew.`),
    body.element,
    h('div', { class: 'actions' },
      h('button', { type: 'submit', class: 'primary' }, 'Send'),
      h('span', { class: 'faint' }, `to ${detail.developer}, and nowhere else`)))
}

/** The body is sent as it was until somebody edits it: then it is shown whole. */
class BodyField {
  readonly element = h('div', { class: 'field' })
  readonly #text = h('textarea', { name: 'body', class: 'mono', rows: 10, spellcheck: 'false', 'aria-label': 'Body' })
  /** What the field began with, and what ends its lines: the field knows LF alone, parts of a form end with CRLF. */
  #original: { readonly shown: string, readonly lineEnd: string } | undefined

  constructor ({ id, request: { body } }: Detail) {
    const edit = (): void => {
      attempt(async () => {
        const { request } = await fetchDetail(id, true)
        const { text = '' } = request.body
        this.#text.value = prettyJson(text)
        this.#original = { shown: this.#text.value, lineEnd: text.includes('\r\n') ? '\r\n' : '\n' }
        this.element.replaceChildren(h('label', {}, 'Body', this.#text))
        this.#text.focus()
      })
    }
    const what = body.totalBytes === 0 ? 'none' : `${size(body.totalBytes)}, sent as it was`
    this.element.append(h('span', {}, `Body: ${what} `),
      h('button', { type: 'button', onclick: edit, disabled: body.base64 !== undefined && body.totalBytes > 0 }, 'Edit body'))
  }

  get wish (): Pick<ReplayWish, 'body'> {
    const { value } = this.#text
    if (this.#original === undefined || value === this.#original.shown) return {}
    return { body: { text: value.replaceAll('\n', this.#original.lineEnd) } }
  }
}

function parseHeaders (text: string): NonNullable<ReplayWish['headers']> {
  return text.split('\n').filter(line => line.trim() !== '').map(line => {
    const at = line.indexOf(':')
    if (at < 1) throw new Error(`"${line}" is no header: write name: value`)
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
  })
}
