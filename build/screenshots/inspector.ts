import { join } from 'node:path'
import { openBrowser } from '../../test/helpers/browser.ts'
import type { Scene } from './scene.ts'

const SIZE = { width: 1200, height: 720 } as const

/** The inspector's list with one request open, after some of the shop's pages were loaded. */
export async function takeInspector (url: string, { folder }: Scene): Promise<readonly string[]> {
  const files: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    const browser = await openBrowser({ colorScheme, viewport: SIZE })
    try {
      const page = await browser.newPage()
      await page.goto(url)
      await page.locator('.rows .target').first().waitFor()
      // The newest is the page's WebSocket, which cannot be replayed.
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('ArrowDown')
      await page.getByRole('button', { name: 'Replay', exact: true }).waitFor()
      // Until its details are read, those of the one before stand there.
      await page.locator('.panel:not([aria-busy])').waitFor()
      const path = join(folder, `inspector-${colorScheme}.png`)
      await page.screenshot({ path })
      files.push(path)
    } finally {
      await browser.close()
    }
  }
  return files
}
