import { join } from 'node:path'
import { openBrowser } from '../../test/helpers/browser.ts'
import { buildForTest, withExtension } from '../../test/helpers/extension.ts'
import { forwardTo } from '../../test/helpers/shop.ts'
import type { Scene, Undo } from './scene.ts'

const SITE = 'shop.example.org'
const POPUP = { width: 320, height: 236 } as const

/** The extension's popup over the shop. */
export async function takeExtension (t: Undo, { namespace, id, folder }: Scene): Promise<readonly string[]> {
  const port = await forwardTo(t, namespace, 'service/storefront', ':80')
  const extension = await buildForTest(t)
  const files: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    const browser = await withExtension(await openBrowser({
      extension, colorScheme, scale: 2, hostRules: [`MAP ${SITE}:80 127.0.0.1:${port}`]
    }))
    try {
      await browser.willAllow(SITE)
      const options = await browser.openOptions()
      await options.getByLabel('Paste').fill(`x-waylay-id: ${id}`)
      await options.getByLabel('Another site').fill(SITE)
      await options.getByRole('button', { name: 'Add' }).click()
      await options.getByText(`${SITE} gets your header`).waitFor()
      const page = await browser.newPage()
      await page.goto(`http://${SITE}/`)
      const popup = await browser.openPopup(page)
      await popup.getByRole('switch').check()
      await popup.getByText('Gets your header').waitFor()
      await popup.setViewportSize(POPUP)
      const path = join(folder, `extension-${colorScheme}.png`)
      await popup.screenshot({ path })
      files.push(path)
    } finally {
      await browser.close()
    }
  }
  return files
}
