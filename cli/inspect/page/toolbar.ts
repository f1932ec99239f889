import { h } from './dom.ts'
import { plural } from './format.ts'
import type { Model } from './model.ts'
import { clear, harAddress } from './server.ts'
import { attempt } from './toast.ts'

const CLASSES = ['2xx', '3xx', '4xx', '5xx'] as const

/** Filter, what of it can be clicked, and what is done with all that is shown. */
export class Toolbar {
  readonly element: HTMLElement
  readonly input: HTMLInputElement
  readonly #model: Model
  readonly #chips: readonly (readonly [word: string, button: HTMLButtonElement])[]
  // No live region: with a request every second a screen reader would say nothing else.
  readonly #count = h('span', { class: 'count faint' })
  readonly #pause: HTMLButtonElement
  readonly #secrets: HTMLButtonElement

  constructor (model: Model) {
    this.#model = model
    this.input = h('input', {
      id: 'filter',
      type: 'search',
      class: 'mono',
      placeholder: 'Filter: status:5xx method:post path:/api',
      'aria-label': 'Filter',
      autocomplete: 'off',
      spellcheck: 'false',
      oninput: () => { model.setFilter(this.input.value) }
    })
    this.#chips = CLASSES.map(name => {
      const word = `status:${name}`
      const button = h('button', { type: 'button', class: 'chip', onclick: () => { this.#toggle(word) } }, name)
      return [word, button]
    })
    this.#pause = h('button', {
      type: 'button', class: 'chip pause', title: 'Hold the list still; requests are recorded meanwhile (p)', onclick: () => { this.pause() }
    }, 'Pause')
    this.#secrets = h('button', { type: 'button', class: 'quiet', onclick: () => { this.#toggleSecrets() } }, 'Show secrets')
    this.element = h('div', { class: 'toolbar' },
      h('div', { class: 'search' }, this.input, h('kbd', { 'aria-hidden': 'true' }, '/')),
      h('div', { class: 'chips', role: 'group', 'aria-label': 'Status' }, ...this.#chips.map(([, button]) => button)),
      this.#pause,
      this.#count,
      h('span', { class: 'grow' }),
      this.#secrets,
      h('button', { type: 'button', class: 'quiet', onclick: () => { this.#export() }, title: 'What is shown, as an HTTP archive' }, 'Export HAR'),
      h('button', { type: 'button', class: 'quiet', onclick: () => { this.#clear() } }, 'Clear'))
  }

  /** Holds the list still, or lets it go on. */
  pause (): void {
    this.#model.hold(!this.#model.isHeld)
  }

  draw (): void {
    const { all, shown, filterText, showsSecrets, isHeld, waiting } = this.#model
    const words = filterText.toLowerCase().split(/\s+/)
    for (const [word, button] of this.#chips) button.setAttribute('aria-pressed', String(words.includes(word)))
    this.#count.textContent = shown.length === all.length ? plural(all.length, 'request') : `${shown.length} of ${all.length}`
    this.#pause.setAttribute('aria-pressed', String(isHeld))
    this.#pause.textContent = isHeld ? waiting === 0 ? 'Resume' : `Resume (${waiting} new)` : 'Pause'
    this.#secrets.setAttribute('aria-pressed', String(showsSecrets))
    this.#secrets.textContent = showsSecrets ? 'Hide secrets' : 'Show secrets'
  }

  // One class at a time: all words of a filter have to fit.
  #toggle (word: string): void {
    const words = this.input.value.split(/\s+/).filter(one => one !== '')
    const others = words.filter(one => !/^status:\dxx$/i.test(one))
    this.input.value = [...others, ...words.includes(word) ? [] : [word]].join(' ')
    this.#model.setFilter(this.input.value)
  }

  #clear (): void {
    attempt(async () => {
      await clear()
      this.#model.forgetHeld()
    })
  }

  #toggleSecrets (): void {
    this.#model.showsSecrets = !this.#model.showsSecrets
    this.#model.tell()
  }

  #export (): void {
    const { shown, showsSecrets } = this.#model
    h('a', { href: harAddress(shown.map(({ id }) => id), showsSecrets), download: 'waylay.har' }).click()
  }
}
