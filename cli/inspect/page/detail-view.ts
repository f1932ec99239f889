import { isSecretField, maskBody, maskTarget } from '../mask.ts'
import type { BodyView, Detail, FieldView, MessageView, PassedView, Summary } from '../view-types.ts'
import { bodyView, fieldsView } from './body-view.ts'
import { h } from './dom.ts'
import { MessagesView } from './messages-view.ts'
import type { Model } from './model.ts'
import { overview } from './overview.ts'
import { replayForm } from './replay-form.ts'
import { fetchCurl, fetchDetail, Refusal, sendReplay } from './server.ts'
import { badge, tags } from './status.ts'
import { attempt, copy, toast } from './toast.ts'

export type DetailTab = 'overview' | 'request' | 'response' | 'messages' | 'edit'

const TABS: readonly (readonly [DetailTab, string])[] = [
  ['overview', 'Overview'], ['request', 'Request'], ['response', 'Response'], ['messages', 'Messages'],
  ['edit', 'Edit']
]
/** A body that grows is read again at most this often. */
const REFRESH_MS = 300

/** Everything about the selected exchange. */
export class DetailView {
  readonly element = h('aside', { class: 'detail', 'aria-label': 'Exchange', hidden: true })
  readonly #model: Model
  readonly #head = h('div', { class: 'detail-head' })
  readonly #tabs: ReadonlyMap<DetailTab, HTMLButtonElement>
  readonly #panel = h('div', { class: 'panel', role: 'tabpanel', id: 'detail-panel', tabindex: -1 })
  readonly #messages = new MessagesView()
  #tab: DetailTab = 'overview'
  #detail: Detail | undefined
  /** What the panel was drawn from. */
  #drawn: Summary | undefined
  /** Header names, `body` and numbers of messages that were asked for, of this exchange. */
  #revealed = new Set<string>()
  #showedSecrets = false
  #readAt = 0
  #reading: number | undefined

  constructor (model: Model) {
    this.#model = model
    this.#tabs = new Map(TABS.map(([tab, name]) => [tab, h('button', {
      role: 'tab', type: 'button', 'aria-controls': 'detail-panel', onclick: () => { this.show(tab) }
    }, name, tab === 'edit' && h('span', { class: 'more' }, ' & replay'))]))
    const tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Parts of the exchange' }, ...this.#tabs.values())
    tabs.addEventListener('keydown', event => { this.#moveTab(event) })
    this.element.append(this.#head, tabs, this.#panel)
  }

  get tab (): DetailTab {
    return this.#tab
  }

  #has (tab: DetailTab): boolean {
    const kind = this.#drawn?.kind
    if (tab === 'messages') return kind === 'websocket' || kind === 'grpc'
    return tab !== 'edit' || canReplay(kind)
  }

  show (tab: DetailTab): void {
    if (!this.#has(tab)) return
    this.#tab = tab
    this.#drawPanel()
  }

  draw (): void {
    const { selection, selected, showsSecrets } = this.#model
    this.element.hidden = selection === undefined
    document.body.classList.toggle('has-selection', selection !== undefined)
    if (selection === undefined) {
      // It made room for newer ones; one that was never seen, a replay that was sent just now, is still to come.
      if (selected !== undefined && selected === this.#drawn?.id) this.#model.select(undefined)
      this.#drawn = undefined
      return
    }
    const isOther = selection.id !== this.#drawn?.id
    if (isOther) {
      this.#detail = undefined
      this.#revealed = new Set()
      if (this.#tab === 'edit') this.#tab = 'overview'
    }
    if (selection === this.#drawn && this.#detail !== undefined && showsSecrets === this.#showedSecrets) return
    this.#drawn = selection
    if (!this.#has(this.#tab)) this.#tab = 'overview'
    this.#drawHead(selection)
    this.#drawTabs()
    if (isOther) this.#panel.setAttribute('aria-busy', 'true')
    // Hidden at once, also where nobody answers any more; what somebody is editing stays.
    if (showsSecrets !== this.#showedSecrets && this.#tab !== 'edit') this.#drawPanel()
    this.#showedSecrets = showsSecrets
    this.#read(isOther ? 0 : REFRESH_MS)
  }

  /** Sends the selected request again as it was. */
  replay (): void {
    const { selection } = this.#model
    if (selection === undefined) return
    attempt(async () => { this.#sent(await sendReplay(selection.id, {})) })
  }

  copyCurl (): void {
    const { selection, showsSecrets } = this.#model
    if (selection === undefined) return
    attempt(async () => { await copy(await fetchCurl(selection.id, showsSecrets), 'curl command') })
  }

  #sent (id: number): void {
    toast('Replay sent')
    this.#tab = 'overview'
    this.#model.select(id)
  }

  #read (afterMs: number): void {
    clearTimeout(this.#reading)
    const waitMs = Math.max(0, this.#readAt + afterMs - Date.now())
    this.#reading = setTimeout(() => {
      this.#readAt = Date.now()
      const id = this.#drawn?.id
      if (id === undefined) return
      const showsAll = this.#model.showsSecrets || this.#revealed.size > 0
      fetchDetail(id, showsAll).then(detail => {
        if (this.#drawn?.id !== id) return
        const isFirst = this.#detail === undefined
        this.#detail = detail
        // What somebody is editing stays.
        if (this.#tab !== 'edit' || isFirst) this.#drawPanel()
      }, (error: unknown) => { this.#onUnread(id, error) })
    }, waitMs)
  }

  /** What stood there belongs to another exchange, unless this one was read before. */
  #onUnread (id: number, error: unknown): void {
    if (this.#drawn?.id !== id) return
    const why = error instanceof Refusal ? error.message : 'The inspector does not answer: the command has ended, or is busy.'
    this.#panel.removeAttribute('aria-busy')
    if (this.#detail === undefined) this.#panel.replaceChildren(h('p', { class: 'notice bad' }, why))
    else if (error instanceof Refusal) toast(why)
  }

  #drawHead (exchange: Summary): void {
    const { method, target, kind } = exchange
    const disabled = !canReplay(kind)
    this.#head.replaceChildren(
      h('div', { class: 'title' },
        h('button', { type: 'button', class: 'icon back', 'aria-label': 'Back to the list', onclick: () => { this.#model.select(undefined) } }, '←'),
        badge(exchange),
        h('h2', { class: 'mono' }, h('b', {}, method === '' ? kind.toUpperCase() : method), ` ${target}`),
        ...tags(exchange)),
      h('div', { class: 'actions' },
        h('button', { type: 'button', class: 'primary', disabled, title: 'Send it again (r)', onclick: () => { this.replay() } }, 'Replay'),
        h('button', { type: 'button', disabled, title: 'Edit it, then send it (e)', onclick: () => { this.show('edit') } }, 'Edit & replay'),
        h('button', { type: 'button', title: 'A command for a shell (c)', disabled: kind === 'tcp', onclick: () => { this.copyCurl() } }, 'Copy as curl')))
  }

  #drawTabs (): void {
    for (const [tab, button] of this.#tabs) {
      button.setAttribute('aria-selected', String(tab === this.#tab))
      button.tabIndex = tab === this.#tab ? 0 : -1
      button.hidden = !this.#has(tab)
    }
  }

  #drawPanel (): void {
    this.#drawTabs()
    const detail = this.#detail
    if (detail === undefined) return
    this.#panel.removeAttribute('aria-busy')
    // In its place it keeps what is open, the focus and how far it is scrolled.
    if (this.#tab === 'messages' && this.#panel.firstElementChild === this.#messages.element) {
      this.#contentOf(detail)
      return
    }
    const { scrollTop } = this.#panel
    const inner = this.#panel.querySelector('pre')?.scrollTop ?? 0
    const focused = this.#focusable().indexOf(document.activeElement as HTMLElement)
    this.#panel.replaceChildren(this.#contentOf(detail))
    this.#panel.scrollTop = scrollTop
    this.#panel.querySelector('pre')?.scrollTo({ top: inner })
    // Whoever came here by keys goes on from there, not from the top of the page.
    if (focused !== -1) (this.#focusable()[focused] ?? this.#panel).focus({ preventScroll: true })
  }

  #focusable (): readonly HTMLElement[] {
    return [...this.#panel.querySelectorAll<HTMLElement>('button, input, textarea, pre, td[tabindex]')]
  }

  #contentOf (detail: Detail): HTMLElement {
    switch (this.#tab) {
      case 'overview': return overview(detail, this.#model)
      case 'request': return this.#message(detail.request)
      case 'response':
        return detail.response === undefined
          ? h('p', { class: 'faint none' }, detail.note ?? 'No response yet')
          : this.#message(detail.response)
      case 'messages': return this.#passed(detail)
      case 'edit': return replayForm(this.#withHidden(detail), id => { this.#sent(id) })
    }
  }

  /** What was fetched whole for the sake of one value hides the others still. */
  #message ({ headers, trailers, body }: MessageView): HTMLElement {
    const reveal = (name: string): void => {
      this.#revealed.add(name.toLowerCase())
      this.#read(0)
    }
    const shownBody = this.#model.showsSecrets || this.#revealed.has('body') ? body : hideBody(body)
    return h('div', {},
      h('h3', {}, `Headers (${headers.length})`), fieldsView(this.#hide(headers), reveal),
      ...trailers.length === 0 ? [] : [h('h3', {}, 'Trailers'), fieldsView(this.#hide(trailers), reveal)],
      h('h3', {}, 'Body'), bodyView(shownBody, () => { reveal('body') }))
  }

  #passed (detail: Detail): HTMLElement {
    const { messages, lost } = detail.passed ?? { messages: [], lost: 0 }
    const { showsSecrets } = this.#model
    const isShown = ({ number }: PassedView): boolean => showsSecrets || this.#revealed.has(String(number))
    this.#messages.draw(detail, messages.map(one => isShown(one) ? one : hideText(one)), lost, number => {
      this.#revealed.add(String(number))
      this.#read(0)
    })
    return this.#messages.element
  }

  /** For the form: it begins with what is shown, and sends what is hidden as it was. */
  #withHidden (detail: Detail): Detail {
    const { target, request } = detail
    return {
      ...detail,
      target: this.#model.showsSecrets ? target : maskTarget(target),
      request: { ...request, headers: this.#hide(request.headers) }
    }
  }

  #hide (fields: readonly FieldView[]): readonly FieldView[] {
    const isOpen = (name: string): boolean => this.#model.showsSecrets || this.#revealed.has(name.toLowerCase())
    return fields.map(({ name, value }) =>
      ({ name, value: value !== null && !isOpen(name) && isSecretField(name, value) ? null : value }))
  }

  #moveTab (event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    event.stopPropagation()
    const names = TABS.map(([tab]) => tab).filter(tab => this.#has(tab))
    const next = names[(names.indexOf(this.#tab) + step + names.length) % names.length] ?? 'overview'
    this.show(next)
    this.#tabs.get(next)?.focus()
  }
}

function canReplay (kind: Summary['kind'] | undefined): boolean {
  return kind === 'http' || kind === 'grpc' || kind === 'events'
}

function hideBody (body: BodyView): BodyView {
  return hideText(body, body.contentType)
}

function hideText<Shown extends { readonly text?: string, readonly isHidden: boolean }> (
  shown: Shown, contentType?: string
): Shown {
  const masked = shown.text === undefined ? undefined : maskBody(shown.text, contentType)
  return masked === undefined ? shown : { ...shown, text: masked, isHidden: true }
}
