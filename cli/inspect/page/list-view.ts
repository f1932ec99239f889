import type { Summary } from '../view-types.ts'
import { byId, h } from './dom.ts'
import { emptyState } from './empty-state.ts'
import { duration, time } from './format.ts'
import type { Model } from './model.ts'
import { badge, outcomeOf, tags } from './status.ts'
import { bar, lengthOf } from './waterfall.ts'

const COLUMNS = ['Status', 'Method', 'Path', 'Timing', 'Took', 'At'] as const

/** `looks`: what it was drawn from, beside the exchange. */
type Row = { readonly element: HTMLElement, exchange: Summary | undefined, looks: string, isSelected: boolean }

/** The list of exchanges: newest first, one row selected, moved by arrow keys. */
export class ListView {
  readonly element: HTMLElement
  readonly #model: Model
  readonly #body = h('div', { role: 'rowgroup', class: 'rows' })
  readonly #grid: HTMLElement
  readonly #empty = h('div', { class: 'empty' })
  readonly #rows = new Map<number, Row>()
  #shownEmpty = ''

  constructor (model: Model) {
    this.#model = model
    this.#grid = h('div', { role: 'grid', class: 'grid', tabindex: 0, id: 'list', 'aria-label': 'Diverted requests', 'aria-readonly': 'true' },
      h('div', { role: 'rowgroup' },
        h('div', { role: 'row', class: 'row head' }, ...COLUMNS.map(name => h('span', { role: 'columnheader' }, name)))),
      this.#body)
    this.element = h('div', { class: 'list' }, this.#grid, this.#empty)
    this.#body.addEventListener('click', event => {
      const row = (event.target as Element).closest<HTMLElement>('[data-id]')
      if (row !== null) model.select(Number(row.dataset['id']))
    })
  }

  draw (): void {
    const { shown, selected } = this.#model
    const now = Date.now()
    // What stays open by its nature would leave everything else a dot.
    const usual = shown.filter(({ kind, state }) => state !== 'open' && (kind === 'http' || kind === 'grpc'))
    const scaleMs = roundUp(Math.max(1, ...usual.map(exchange => lengthOf(exchange, now))))
    const ids = new Set(shown.map(({ id }) => id))
    for (const [id, { element }] of this.#rows) {
      if (ids.has(id)) continue
      element.remove()
      this.#rows.delete(id)
    }
    let before: Element | null = this.#body.firstElementChild
    for (const exchange of shown) {
      const { element } = this.#row(exchange, scaleMs, now, exchange.id === selected)
      if (element === before) before = before.nextElementSibling
      else this.#body.insertBefore(element, before)
    }
    this.#drawEmpty(shown.length)
    this.#grid.hidden = shown.length === 0
    if (selected !== undefined && ids.has(selected)) this.#grid.setAttribute('aria-activedescendant', `row-${selected}`)
    else this.#grid.removeAttribute('aria-activedescendant')
  }

  /** Brings the selected row into sight. */
  reveal (): void {
    byId('list').querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }

  #row (exchange: Summary, scaleMs: number, now: number, isSelected: boolean): Row {
    const row = this.#rows.get(exchange.id) ?? this.#newRow(exchange.id)
    const isOpen = exchange.state === 'open'
    // What looks as before is left alone: a busy list is drawn ten times a second.
    const looks = `${isOpen ? Math.floor(now / 250) : ''} ${scaleMs}`
    if (row.isSelected !== isSelected) row.element.setAttribute('aria-selected', String(isSelected))
    row.isSelected = isSelected
    if (row.exchange === exchange && row.looks === looks) return row
    row.exchange = exchange
    row.looks = looks
    const { method, kind, target, note } = exchange
    row.element.replaceChildren(
      h('span', { role: 'gridcell' }, badge(exchange)),
      h('span', { role: 'gridcell', class: 'method mono' }, method === '' ? kind.toUpperCase() : method),
      h('span', { role: 'gridcell', class: 'path mono', title: target }, ...splitTarget(target), ...tags(exchange)),
      h('span', { role: 'gridcell', class: 'fall' }, bar(exchange, scaleMs, now)),
      h('span', { role: 'gridcell', class: 'num' }, duration(lengthOf(exchange, now))),
      h('span', { role: 'gridcell', class: 'num faint' }, time(exchange.startedAt)))
    row.element.className = `row ${outcomeOf(exchange).tone}`
    row.element.title = note ?? ''
    return row
  }

  #newRow (id: number): Row {
    const element = h('div', { role: 'row', id: `row-${id}`, 'data-id': id, 'aria-selected': 'false' })
    const row: Row = { element, exchange: undefined, looks: '', isSelected: false }
    this.#rows.set(id, row)
    return row
  }

  #drawEmpty (shown: number): void {
    const { all, standing, filterText, isHeld } = this.#model
    const looks = shown > 0 ? '' : JSON.stringify([all.length === 0, standing, filterText, isHeld])
    if (looks === this.#shownEmpty) return
    this.#shownEmpty = looks
    this.#empty.hidden = shown > 0
    if (shown === 0) this.#empty.replaceChildren(emptyState(this.#model))
  }
}

/** To 1, 2 or 5 times a power of ten: bars of all rows would move with each request that takes a little longer. */
function roundUp (ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms))
  return power * ([1, 2, 5].find(step => step * power >= ms) ?? 10)
}

/** The query stands back: what comes before it tells requests apart. */
function splitTarget (target: string): readonly HTMLElement[] {
  const at = target.indexOf('?')
  if (at === -1) return [h('span', { class: 'target' }, target)]
  return [h('span', { class: 'target' }, target.slice(0, at), h('span', { class: 'faint' }, target.slice(at)))]
}
