import { h } from './dom.ts'

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['↑ ↓ or j k', 'select a request'], ['Enter', 'go to its details'], ['Esc', 'back to the list'],
  ['/', 'filter'], ['r', 'replay'], ['e', 'edit and replay'], ['c', 'copy as curl'],
  ['1 2 3 4', 'overview, request, response, edit'], ['m', 'messages'], ['p', 'hold the list still'], ['w', 'requests or workload'], ['t', 'colours'], ['?', 'this help']
]

const WORDS: readonly (readonly [word: string, finds: string])[] = [
  ['status:5xx', 'by class, or status:404'], ['method:post', ''], ['path:/api', 'anywhere in path and query'],
  ['caller:10.0', ''], ['pod:payments-1', ''], ['type:json', 'of the response'], ['grpc:not_found', 'or grpc:5'],
  ['is:replay', 'also open, failed, grpc, websocket, events'], ['-word', 'what does not fit']
]

/** Shows keys and words of the filter. */
export function createHelp (): { readonly toggle: () => void, readonly isOpen: () => boolean } {
  const dialog = h('dialog', { class: 'help', 'aria-labelledby': 'help-title' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'help-title' }, 'Keys'),
      h('dl', {}, ...KEYS.map(([keys, does]) => h('div', {}, h('dt', {}, ...keys.split(' ').map(keyOf)), h('dd', {}, does)))),
      h('h2', {}, 'Filter'),
      h('dl', {}, ...WORDS.map(([word, finds]) => h('div', {}, h('dt', { class: 'mono' }, word), h('dd', {}, finds)))),
      h('div', { class: 'actions' }, h('button', { class: 'primary', autofocus: true }, 'Close'))))
  document.body.append(dialog)
  return {
    toggle: () => {
      if (dialog.open) dialog.close()
      else dialog.showModal()
    },
    isOpen: () => dialog.open
  }
}

function keyOf (key: string): HTMLElement {
  return key === 'or' ? h('span', { class: 'faint' }, ' or ') : h('kbd', {}, key)
}
