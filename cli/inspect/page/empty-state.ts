import type { Standing } from '../view-types.ts'
import { h } from './dom.ts'
import type { Model } from './model.ts'
import { attempt, copy } from './toast.ts'

/** What stands where no exchange does: how to send one, or how to see those that are hidden. */
export function emptyState (model: Model): HTMLElement {
  if (model.all.length > 0) {
    return h('div', { class: 'hint' },
      h('h2', {}, 'Nothing fits the filter'),
      h('p', {}, `${model.all.length} requests are hidden by "${model.filterText}".`),
      h('button', { type: 'button', onclick: () => { resetFilter(model) } }, 'Show all'))
  }
  if (model.isHeld) {
    return h('div', { class: 'hint' },
      h('h2', {}, 'The list is held still'),
      h('p', {}, 'Requests that come meanwhile are recorded.'),
      h('button', { type: 'button', onclick: () => { model.hold(false) } }, 'Resume'))
  }
  return h('div', { class: 'hint' },
    h('h2', {}, 'Waiting for the first request'),
    h('p', {}, 'Requests that match reach your program, and appear here as they come. Send one from inside the cluster, or through your ingress:'),
    ...model.standing.map(example))
}

function resetFilter (model: Model): void {
  const input = document.querySelector<HTMLInputElement>('#filter')
  if (input !== null) input.value = ''
  model.setFilter('')
}

function example ({ namespace, workload, port, match, developer, example: line }: Standing): HTMLElement {
  return h('div', { class: 'example' },
    h('p', { class: 'faint' }, `${namespace}/${workload} port ${port}, where ${match} → ${developer}`),
    h('div', { class: 'command' },
      h('code', { class: 'mono' }, line),
      h('button', { type: 'button', onclick: () => { attempt(async () => { await copy(line, 'Command') }) } }, 'Copy')))
}
