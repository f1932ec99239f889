/** What the button opens: the switch, and what happens to the page in front of it. */
import { askForAccess, giveUpAccess, mayAccess } from './access.ts'
import { byId } from './by-id.ts'
import { readHeader } from './header.ts'
import { pageStateOf, type PageState } from './page-state.ts'
import { isProblem } from './problem.ts'
import { MAX_SITES, withoutSite, withSite, type Settings } from './settings.ts'
import type { Site } from './site.ts'
import { changeSettings, loadSettings } from './store.ts'

/** What is shown for a page, and what its one button does. */
type View = {
  readonly look: 'on' | 'off' | 'no-access' | 'no-value'
  readonly text: string
  readonly action?: { readonly label: string, readonly isMain: boolean, readonly run: () => Promise<unknown> }
}

/** By the click that opened this page we may know it, whatever we were allowed before. */
async function addressOfPage (): Promise<string | undefined> {
  return (await chrome.tabs.query({ active: true, currentWindow: true }))[0]?.url
}

function viewOf (state: PageState, isAllowed: boolean, isFull: boolean): View {
  switch (state.kind) {
    case 'none': return { look: 'off', text: 'No page of the web' }
    case 'elsewhere': return viewOfStranger(state.host, isFull)
    case 'no-value': return {
      look: 'no-value',
      text: 'There is no value to send yet',
      action: { label: 'Set the value', isMain: true, run: async () => await chrome.runtime.openOptionsPage() }
    }
    case 'on': case 'off': return isAllowed ? viewOfSite(state) : viewOfForbidden(state.site)
  }
}

function viewOfStranger (host: Site, isFull: boolean): View {
  if (isFull) return { look: 'off', text: `Gets no header from you: ${MAX_SITES} sites are enough` }
  return {
    look: 'off',
    text: 'Gets no header from you',
    action: { label: 'Send my header to this site', isMain: true, run: async () => await addSite(host) }
  }
}

function viewOfForbidden (site: Site): View {
  return {
    look: 'no-access',
    text: 'The browser has not been allowed to',
    action: { label: 'Allow', isMain: true, run: async () => await askForAccess(site) }
  }
}

function viewOfSite ({ kind, host, site }: PageState & { readonly kind: 'on' | 'off' | 'no-value' }): View {
  const text = kind === 'on' ? 'Gets your header' : 'Gets it when waylay is on'
  // A pattern covers other hosts too: that is decided where they all stand.
  return {
    look: kind,
    text: host === site ? text : `${text}, by ${site}`,
    ...host === site && {
      action: { label: 'Remove this site', isMain: false, run: async () => await removeSite(site) }
    }
  }
}

/** The list first: the browser's question may close this page, and then only the allowing is left to do. */
async function addSite (site: Site): Promise<void> {
  await changeSettings(settings => ({ ...withSite(settings, site), on: true }))
  await askForAccess(site)
}

async function removeSite (site: Site): Promise<void> {
  const { sites } = await changeSettings(settings => withoutSite(settings, site))
  await giveUpAccess(site, sites)
}

async function show (): Promise<void> {
  const [settings, url] = await Promise.all([loadSettings(), addressOfPage()])
  const state = pageStateOf(settings, url)
  const isFull = settings.sites.length >= MAX_SITES
  const view = viewOf(state, 'site' in state && await mayAccess(state.site), isFull)
  byId('on', HTMLInputElement).checked = settings.on
  byId('word').textContent = settings.on ? 'on' : 'off'
  byId('host').textContent = 'host' in state ? state.host : ''
  byId('state').textContent = view.text
  byId('state').className = view.look
  byId('header').textContent = headerText(settings)
  showAction(view.action)
}

function headerText ({ name, value }: Settings): string {
  return isProblem(readHeader(name, value)) ? `${name}: not set` : `${name}: ${value}`
}

function showAction (action: View['action']): void {
  const button = byId('act', HTMLButtonElement)
  button.hidden = action === undefined
  if (action === undefined) return
  button.textContent = action.label
  button.classList.toggle('less', !action.isMain)
  button.onclick = () => { void action.run().then(show) }
}

byId('on', HTMLInputElement).addEventListener('change', event => {
  const on = (event.target as HTMLInputElement).checked
  void changeSettings(settings => ({ ...settings, on })).then(show)
})
byId('settings').addEventListener('click', () => { void chrome.runtime.openOptionsPage() })
void show()
