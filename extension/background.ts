/**
 * The service worker: keeps the browser's rules and the button as the settings say. The browser ends it when idle and
 * keeps the rules, over its own restarts too.
 */
import { pageStateOf, titleOf } from './page-state.ts'
import { rulesOf } from './rules.ts'
import type { Settings } from './settings.ts'
import { loadSettings } from './store.ts'

const BADGE_COLOR = '#0f766e'

let queue = Promise.resolve()

// One change after the other: two at once would remove each other's rules. A failure shows on the browser's own page.
function refresh (): void {
  queue = queue.then(applySettings, applySettings)
}

async function applySettings (): Promise<void> {
  const settings = await loadSettings()
  const old = await chrome.declarativeNetRequest.getDynamicRules()
  await chrome.declarativeNetRequest.updateDynamicRules({
    removeRuleIds: old.map(({ id }) => id), addRules: rulesOf(settings)
  })
  await Promise.all((await chrome.tabs.query({})).map(async tab => await paint(tab, settings)))
}

/** The button of one tab. A tab may be gone by now. */
async function paint (tab: chrome.tabs.Tab, settings: Settings): Promise<void> {
  const { id: tabId } = tab
  if (tabId === undefined) return
  const state = pageStateOf(settings, tab.url)
  const look = state.kind === 'on' ? 'on' : 'off'
  const path = Object.fromEntries([16, 32, 48].map(size => [size, `icons/${look}-${size}.png`]))
  await Promise.all([
    chrome.action.setIcon({ tabId, path }),
    chrome.action.setBadgeText({ tabId, text: state.kind === 'on' ? 'on' : '' }),
    chrome.action.setBadgeBackgroundColor({ tabId, color: BADGE_COLOR }),
    chrome.action.setTitle({ tabId, title: titleOf(state, settings) })
  ]).catch(() => {})
}

chrome.runtime.onInstalled.addListener(refresh)
chrome.runtime.onStartup.addListener(refresh)
chrome.storage.onChanged.addListener(refresh)
// Which hosts we may know of has changed.
chrome.permissions.onAdded.addListener(refresh)
chrome.permissions.onRemoved.addListener(refresh)
chrome.tabs.onUpdated.addListener((_tabId, _change, tab) => {
  void loadSettings().then(async settings => await paint(tab, settings))
})
