import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openBrowser } from '../../test/helpers/browser.ts'
import { ROOT } from '../bundle.ts'

const FOLDER = join(ROOT, 'extension/icons')
const SIZES = { on: [16, 32, 48, 128], off: [16, 32, 48] } as const

/** Draws the extension's icons from their SVG files, in the sizes that browsers want. */
export async function drawIcons (): Promise<readonly string[]> {
  const browser = await openBrowser()
  try {
    const page = await browser.newPage()
    const files: string[] = []
    for (const [name, sizes] of Object.entries(SIZES)) {
      const drawing = await readFile(join(FOLDER, `${name}.svg`), 'utf8')
      for (const size of sizes) {
        const path = join(FOLDER, `${name}-${size}.png`)
        await page.setViewportSize({ width: size, height: size })
        await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${size}px }</style>${drawing}`)
        await page.screenshot({ path, omitBackground: true })
        files.push(path)
      }
    }
    return files
  } finally {
    await browser.close()
  }
}

if (import.meta.main) for (const file of await drawIcons()) console.log(file)
