import type { DetailTab } from './detail-view.ts'

/** What keys do. */
export type Actions = {
  readonly move: (step: number) => void
  readonly enter: () => void
  readonly leave: () => void
  readonly filter: () => void
  readonly replay: () => void
  readonly copyCurl: () => void
  readonly show: (tab: DetailTab) => void
  /** Holds the list still, or lets it go on. */
  readonly pause: () => void
  readonly toggleView: () => void
  readonly theme: () => void
  readonly help: () => void
  /** Whether a dialog is open, which has keys of its own. */
  readonly isBusy: () => boolean
}

/** Listens to keys wherever nobody types. */
export function startKeys (actions: Actions): void {
  const byKey: Readonly<Record<string, () => void>> = {
    j: () => { actions.move(1) },
    ArrowDown: () => { actions.move(1) },
    k: () => { actions.move(-1) },
    ArrowUp: () => { actions.move(-1) },
    Home: () => { actions.move(-Infinity) },
    End: () => { actions.move(Infinity) },
    '/': actions.filter,
    r: actions.replay,
    c: actions.copyCurl,
    e: () => { actions.show('edit') },
    1: () => { actions.show('overview') },
    2: () => { actions.show('request') },
    3: () => { actions.show('response') },
    4: () => { actions.show('edit') },
    m: () => { actions.show('messages') },
    p: actions.pause,
    w: actions.toggleView,
    t: actions.theme,
    '?': actions.help
  }
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || actions.isBusy()) return
    const at = event.target as HTMLElement
    if (event.key === 'Escape') {
      at.blur()
      actions.leave()
      return
    }
    if (at.matches('input, textarea, select')) {
      if (event.key === 'ArrowDown' && at.id === 'filter') actions.move(1)
      return
    }
    // A button has Enter for itself, and a body that is scrolled has the arrows.
    if (event.key === 'Enter' && !at.matches('button, a, summary')) actions.enter()
    const isMove = /^(?:Arrow|Home|End|[jk]$)/.test(event.key)
    const action = at.closest('.panel, .tabs') !== null && isMove && event.key.length > 1 ? undefined : byKey[event.key]
    // A key that is held down would send thirty replays a second.
    if (action === undefined || (event.repeat && !isMove)) return
    event.preventDefault()
    action()
  })
}
