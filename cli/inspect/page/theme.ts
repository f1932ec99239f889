const KEY = 'waylay-theme'
const NEXT = { auto: 'light', light: 'dark', dark: 'auto' } as const
const SIGNS = { auto: '◐', light: '☀', dark: '☾' } as const

type Theme = keyof typeof NEXT

/** Follows the system until somebody chooses; the button goes round: as the system, light, dark. */
export function startTheme (button: HTMLElement): void {
  let theme = read()
  const show = (): void => {
    if (theme === 'auto') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    button.textContent = SIGNS[theme]
    const name = theme === 'auto' ? 'as the system' : theme
    button.setAttribute('aria-label', `Colours: ${name}`)
    button.title = `Colours: ${name} (t)`
  }
  button.addEventListener('click', () => {
    theme = NEXT[theme]
    localStorage.setItem(KEY, theme)
    show()
  })
  show()
}

function read (): Theme {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'auto'
}
