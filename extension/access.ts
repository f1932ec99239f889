import { originsOf, type Site } from './site.ts'

/** Whether the user has allowed the browser to let us mark requests to it. */
export async function mayAccess (site: Site): Promise<boolean> {
  return await chrome.permissions.contains({ origins: originsOf(site) })
}

/** Asks the user, who may have said yes before; only right after their click. */
export async function askForAccess (site: Site): Promise<boolean> {
  return await chrome.permissions.request({ origins: originsOf(site) })
}

/**
 * Gives up what was allowed for a site; only right after the user's click, because with a pattern the browser takes
 * also what it covers of `others`, and that is asked for again.
 *
 * @param others The sites that stay.
 * @returns Those of them that the browser had been allowed and is no more.
 */
export async function giveUpAccess (site: Site, others: readonly Site[]): Promise<readonly Site[]> {
  const allowed = await filterAllowed(others)
  // One by one: what an administrator's policy gives cannot be given up, and the rest must go all the same.
  await Promise.allSettled(originsOf(site).map(async origin => await chrome.permissions.remove({ origins: [origin] })))
  const kept = await filterAllowed(allowed)
  const lost = allowed.filter(other => !kept.includes(other))
  if (lost.length === 0 || await chrome.permissions.request({ origins: lost.flatMap(originsOf) })) return []
  return lost
}

async function filterAllowed (sites: readonly Site[]): Promise<readonly Site[]> {
  const answers = await Promise.all(sites.map(mayAccess))
  return sites.filter((_site, index) => answers[index])
}
