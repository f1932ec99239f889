import { readSettings, type Settings } from './settings.ts'

const KEY = 'settings'

/** What is stored in this browser's profile; never synchronised to others. */
export async function loadSettings (): Promise<Settings> {
  return readSettings((await chrome.storage.local.get(KEY))[KEY])
}

/** Changes what is stored. The service worker hears of it and makes the rules. */
export async function changeSettings (change: (settings: Settings) => Settings): Promise<Settings> {
  const settings = change(await loadSettings())
  await chrome.storage.local.set({ [KEY]: settings })
  return settings
}
