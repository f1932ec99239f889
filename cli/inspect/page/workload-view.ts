import type { HolderPicture, Picture } from '../view-types.ts'
import { h } from './dom.ts'
import { plural } from './format.ts'
import type { Model } from './model.ts'
import { drawFlow } from './picture.ts'
import { Rates } from './rates.ts'
import { fetchPicture } from './server.ts'

const POLL_MS = 2000

/** The workload: callers, pods, who answers, who intercepts what. Asks only while it is looked at. */
export class WorkloadView {
  readonly element = h('div', { class: 'workload' })
  readonly #model: Model
  readonly #rates = new Rates()
  #timer: number | undefined
  #isShown = false

  constructor (model: Model) {
    this.#model = model
  }

  show (isShown: boolean): void {
    if (this.#isShown === isShown) return
    this.#isShown = isShown
    if (isShown) this.#poll()
    else clearTimeout(this.#timer)
  }

  #poll (): void {
    const again = (): void => { if (this.#isShown) this.#timer = setTimeout(() => { this.#poll() }, POLL_MS) }
    if (document.hidden || this.#model.connection === 'ended') {
      again()
      return
    }
    fetchPicture().then(picture => {
      this.#rates.add(picture)
      this.#draw(picture)
    }, () => {}).finally(again)
  }

  #draw (picture: Picture): void {
    const { standing, holders, notes } = picture
    this.element.replaceChildren(
      ...notes.map(note => h('p', { class: 'notice' }, note)),
      ...standing.map(one => h('section', { class: 'card', 'aria-label': `${one.workload} port ${one.port}` },
        h('h2', {}, `${one.namespace}/${one.workload}`, h('span', { class: 'faint' }, ` port ${one.port}`)),
        drawFlow(picture, one, this.#rates))),
      h('section', { class: 'card' },
        h('h2', {}, 'Who intercepts what', h('span', { class: 'faint' }, ` in ${namespacesOf(picture)}`)),
        holders.length === 0 ? h('p', { class: 'faint' }, 'Nobody, as far as can be seen.') : holdersTable(picture)))
  }
}

function namespacesOf ({ standing }: Picture): string {
  return [...new Set(standing.map(({ namespace }) => namespace))].join(', ')
}

const HOLDER_COLUMNS = ['Workload', 'Match', 'Owner', 'Machine', 'Requests'] as const

function holdersTable ({ holders }: Picture): HTMLElement {
  const sorted = [...holders].sort((a, b) =>
    Number(b.isOurs) - Number(a.isOurs) || a.workload.localeCompare(b.workload))
  return h('div', { class: 'scroll' }, h('table', { class: 'holders' },
    h('thead', {}, h('tr', {}, ...HOLDER_COLUMNS.map(name => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, ...sorted.map(holderRow))))
}

function holderRow ({ workload, port, match, owner, host, isOurs, requests }: HolderPicture): HTMLElement {
  return h('tr', {},
    h('th', { scope: 'row', class: 'mono' }, `${workload}:${port}`),
    h('td', { class: 'mono' }, match),
    h('td', {}, owner, isOurs && h('span', { class: 'tag accent' }, 'this command')),
    h('td', {}, host),
    h('td', { class: 'num' }, requests === undefined ? '–' : plural(requests, 'request')))
}
