import { join } from 'node:path'
import { openBrowser } from '../../test/helpers/browser.ts'
import { startPreview } from '../../test/helpers/waylay.ts'
import type { Scene, Undo } from './scene.ts'

const SIZE = { width: 900, height: 400 } as const

/** The shop as `waylay preview storefront` shows it. */
export async function takePreview (t: Undo, { namespace, id, folder }: Scene): Promise<readonly string[]> {
  const preview = await startPreview(t, ['storefront', '-n', namespace, '--id', id])
  const files: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    const browser = await openBrowser({ colorScheme, viewport: SIZE, scale: 2 })
    try {
      const page = await browser.newPage()
      await page.goto(preview.url)
      await page.getByText(/live: .*payments by developer/).waitFor()
      const path = join(folder, `preview-${colorScheme}.png`)
      await page.screenshot({ path })
      files.push(path)
    } finally {
      await browser.close()
    }
  }
  return files
}
