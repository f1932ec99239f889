/** The page of settings: the header, and the sites that get it. */
import { askForAccess, giveUpAccess, mayAccess } from './access.ts'
import { byId } from './by-id.ts'
import { findHeader, readHeader } from './header.ts'
import { isProblem } from './problem.ts'
import { MAX_SITES, withoutSite, withSite } from './settings.ts'
import { coveringSite, readSite, type Site } from './site.ts'
import { changeSettings, loadSettings } from './store.ts'

const nameField = byId('name', HTMLInputElement)
const valueField = byId('value', HTMLInputElement)
const siteField = byId('site', HTMLInputElement)

/** Says how it went, to screen readers too. */
function say (id: string, text: string, fields: readonly HTMLInputElement[], isWrong: boolean): void {
  byId(id).textContent = text
  byId(id).className = isWrong ? 'wrong' : 'quiet'
  for (const field of fields) field.ariaInvalid = String(isWrong)
}

async function saveHeader (): Promise<void> {
  const header = readHeader(nameField.value, valueField.value)
  if (isProblem(header)) {
    say('header-message', header.problem, [nameField, valueField], true)
    return
  }
  await changeSettings(settings => ({ ...settings, ...header }))
  say('header-message', 'Saved', [nameField, valueField], false)
  nameField.value = header.name
  valueField.value = header.value
}

async function paste (text: string): Promise<void> {
  const header = findHeader(text)
  if (header === undefined) {
    say('header-message', text.trim() === '' ? '' : 'There is no header in what was pasted', [], true)
    return
  }
  nameField.value = header.name
  valueField.value = header.value
  await saveHeader()
}

async function addSite (): Promise<void> {
  const site = readSite(siteField.value)
  const { sites } = await loadSettings()
  const tooMany = sites.length >= MAX_SITES ? `${MAX_SITES} sites are enough` : undefined
  const problem = isProblem(site) ? site.problem : tooMany
  if (isProblem(site) || problem !== undefined) {
    say('site-message', problem ?? '', [siteField], true)
    return
  }
  await changeSettings(settings => withSite(settings, site))
  siteField.value = ''
  await allow(site)
}

async function allow (site: Site): Promise<void> {
  const allowed = await askForAccess(site)
  const text = allowed ? `${site} gets your header` : `The browser was not allowed to send it to ${site}`
  say('site-message', text, [siteField], false)
  await showSites()
}

async function removeSite (site: Site): Promise<void> {
  const { sites } = await changeSettings(settings => withoutSite(settings, site))
  const lost = await giveUpAccess(site, sites)
  const covering = coveringSite(sites, site)
  const gone = covering === undefined
    ? `${site} gets no header any more`
    : `${site} still gets your header, by ${covering}`
  const again = lost.length === 0 ? '' : `. The browser must be allowed again: ${lost.join(', ')}`
  say('site-message', gone + again, [siteField], lost.length > 0)
  await showSites()
  siteField.focus()
}

async function showSites (): Promise<void> {
  const { sites } = await loadSettings()
  const rows = await Promise.all(sites.map(rowOf))
  byId('sites').replaceChildren(...rows)
  byId('no-sites').hidden = rows.length > 0
}

async function rowOf (site: Site): Promise<HTMLElement> {
  const row = document.createElement('li')
  const name = document.createElement('span')
  name.className = 'code'
  name.textContent = site
  row.append(name)
  if (!await mayAccess(site)) {
    const hint = document.createElement('span')
    hint.className = 'wrong'
    hint.textContent = 'not allowed yet'
    row.append(hint, buttonOf('Allow', site, allow))
  }
  row.append(buttonOf('Remove', site, removeSite))
  return row
}

function buttonOf (label: string, site: Site, run: (site: Site) => Promise<void>): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = label
  button.ariaLabel = `${label} ${site}`
  button.addEventListener('click', () => { void run(site) })
  return button
}

/** A form that stays on its page. */
function onSubmit (id: string, run: () => Promise<void>): void {
  byId(id).addEventListener('submit', event => {
    event.preventDefault()
    void run()
  })
}

onSubmit('header-form', saveHeader)
onSubmit('site-form', addSite)
const pasteField = byId('paste', HTMLInputElement)
pasteField.addEventListener('input', () => { void paste(pasteField.value) })
void loadSettings().then(({ name, value }) => {
  nameField.value = name
  valueField.value = value
})
void showSites()
// The popup and the browser's own page change them too.
chrome.permissions.onAdded.addListener(() => { void showSites() })
chrome.permissions.onRemoved.addListener(() => { void showSites() })
chrome.storage.onChanged.addListener(() => { void showSites() })
