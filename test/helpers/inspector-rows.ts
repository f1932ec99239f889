import type { Page } from 'playwright-core'

/** The inspector's pages are drawn per frame and per key: a list looked at once may be on its way. */
const LOOK_EVERY_MS = 25
const LOOKS = 1600

/** The paths that the inspector's list shows, from the top. */
export async function pathsOf (page: Page): Promise<readonly string[]> {
  return await page.locator('.rows .target').allTextContents()
}

/** Waits until the list shows these paths and no others; says what it shows instead. */
export async function untilPaths (page: Page, wanted: readonly string[]): Promise<void> {
  let seen: readonly string[] = []
  const check = async (): Promise<boolean> => {
    seen = await pathsOf(page)
    return seen.join() === wanted.join()
  }
  for (let look = 0; look < LOOKS; look++) {
    if (await check()) return
    await page.waitForTimeout(LOOK_EVERY_MS)
  }
  throw new Error(`The list shows ${seen.join()}, not ${wanted.join()}`)
}
