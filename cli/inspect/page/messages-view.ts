import type { BodyView, Detail, PassedView } from '../view-types.ts'
import { bodyView } from './body-view.ts'
import { h } from './dom.ts'
import { duration, exactTime, plural, size } from './format.ts'

const WAYS = {
  sent: { sign: '↑', name: 'To the program' }, received: { sign: '↓', name: 'From the program' }
} as const
/** A line shows no more of a message. */
const MAX_PREVIEW_LENGTH = 300

/** `looks`: what it was drawn from. */
type Row = { readonly element: HTMLDetailsElement, looks: string }

/** The messages of a WebSocket or of gRPC: newest first, one on each line, which opens to the whole of it. */
export class MessagesView {
  readonly element = h('div', { class: 'messages' })
  readonly #count = h('p', { class: 'faint' })
  readonly #list = h('div', { class: 'message-list' })
  readonly #lost = h('p', { class: 'faint none' })
  readonly #rows = new Map<number, Row>()
  #shown: number | undefined

  constructor () {
    this.element.append(this.#count, this.#list, this.#lost)
  }

  /** What is open stays open, and what looks as before is left alone. @param reveal shows what one of them hides. */
  draw (detail: Detail, messages: readonly PassedView[], lost: number, reveal: (number: number) => void): void {
    if (detail.id !== this.#shown) this.#clear()
    this.#shown = detail.id
    this.#count.textContent = messages.length === 0
      ? detail.state === 'open' ? 'No message yet' : 'No message passed'
      : `${plural(messages.length + lost, 'message')}, newest first · ↑ to the program · ↓ from the program`
    const numbers = new Set(messages.map(({ number }) => number))
    for (const [number, { element }] of this.#rows) {
      if (numbers.has(number)) continue
      element.remove()
      this.#rows.delete(number)
    }
    let before: Element | null = this.#list.firstElementChild
    for (const message of messages.toReversed()) {
      const { element } = this.#row(detail, message, () => { reveal(message.number) })
      if (element === before) before = before.nextElementSibling
      else this.#list.insertBefore(element, before)
    }
    this.#lost.textContent = lost === 0 ? '' : `${plural(lost, 'older message')} made room.`
  }

  #clear (): void {
    this.#rows.clear()
    this.#list.replaceChildren()
  }

  #row (detail: Detail, message: PassedView, reveal: () => void): Row {
    const row = this.#rows.get(message.number) ?? { element: h('details'), looks: '' }
    this.#rows.set(message.number, row)
    const looks = `${message.isHidden} ${message.text ?? message.kind}`
    if (row.looks === looks) return row
    row.looks = looks
    const { element } = row
    const hadFocus = element.contains(document.activeElement)
    element.className = `message ${message.way}`
    element.replaceChildren(lineOf(detail, message))
    // Most are never opened.
    element.ontoggle = () => {
      if (element.open && element.children.length === 1) element.append(wholeOf(message, reveal))
    }
    if (element.open) element.append(wholeOf(message, reveal))
    if (hadFocus) element.querySelector('summary')?.focus({ preventScroll: true })
    return row
  }
}

function lineOf (detail: Detail, { way, kind, totalBytes, atMs, isPacked, ...message }: PassedView): HTMLElement {
  const { sign, name } = WAYS[way]
  const isControl = kind !== 'text' && kind !== 'binary'
  return h('summary', {},
    h('span', { class: 'way', role: 'img', 'aria-label': name, title: name }, sign),
    h('span', { class: `said mono${isControl ? ' faint' : ''}` },
      kind !== 'text' && h('span', { class: 'tag' }, kind),
      isPacked ? h('span', { class: 'tag' }, 'compressed') : previewOf(message)),
    h('span', { class: 'num faint' }, size(totalBytes)),
    h('span', { class: 'num faint', title: exactTime(Math.round(detail.startedAt + atMs)) }, `+${duration(atMs)}`))
}

function wholeOf (message: PassedView, reveal: () => void): HTMLElement {
  const { isPacked, text, totalBytes, keptBytes, isCut, isHidden, base64 } = message
  const body: BodyView = {
    totalBytes,
    keptBytes,
    isCut,
    isHidden,
    ...(text === undefined ? { base64: base64 ?? '' } : { text }),
    contentType: text !== undefined && /^\s*[{[]/.test(text) ? 'application/json' : undefined
  }
  return h('div', { class: 'whole' },
    isPacked && h('p', { class: 'notice' }, 'It is compressed, and cannot be read without messages that were not kept.'),
    totalBytes === 0 ? h('p', { class: 'faint none' }, 'Empty') : bodyView(body, reveal))
}

/** One line of it: of bytes, what of them is text. */
function previewOf ({ text, base64 = '' }: Pick<PassedView, 'text' | 'base64'>): string {
  if (text !== undefined) return text.slice(0, MAX_PREVIEW_LENGTH)
  // A multiple of four characters, so that it can be read.
  const bytes = atob(base64.slice(0, MAX_PREVIEW_LENGTH))
  return bytes.replace(/[^ -~]+/g, '·')
}
