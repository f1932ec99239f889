import { originsOf, type Site } from './site.ts'

/** Whether the user has allowed the browser to let us mark requests to it. */
export async function mayAccess (site: Site): Promise<boolean> {
  return await chrome.permissions.contains({ origins: originsOf(site) })
}

/** Asks the user, who may have said yes before; only right after their click. */
export async function askForAccess (site: Site): Promise<boolean> {
  return await chrome.permissions.request({ origins: originsOf(site) })
}

/** One by one: what an administrator's policy gives cannot be given up, and the rest must go all the same. */
export async function giveUpAccess (site: Site): Promise<void> {
  await Promise.allSettled(originsOf(site).map(async origin => await chrome.permissions.remove({ origins: [origin] })))
}
